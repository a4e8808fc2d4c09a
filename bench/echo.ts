/**
 * A bare node:http server that reads a request and gives one fixed answer: what HTTP itself costs
 * here.
 */
import { createServer } from 'node:http'

const answer = Buffer.alloc(Number(process.argv[2] ?? 256), 'x')
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': answer.length })
    response.end(answer)
  })
})
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`${(server.address() as { port: number }).port}\n`),
)

/** Several real servers on one database, each with its own folder and the root key of the first. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Credentials, HuaweiClient, readCredentials } from '../e2e/client.ts'
import { newFolder, TestServer } from '../e2e/server.ts'

type Node = { readonly server: TestServer; readonly client: HuaweiClient }

export class Nodes {
  /** What nodes said that ended without being asked to. */
  readonly ended: string[] = []
  /** What nodes printed that were ended. */
  readonly said: string[] = []
  readonly #folders: readonly string[]
  readonly #urls: readonly string[]
  readonly #nodes: (Node | undefined)[] = []
  readonly #expected = new Set<TestServer>()

  private constructor(urls: readonly string[]) {
    this.#urls = urls
    this.#folders = urls.map(() => newFolder())
  }

  /**
   * The first node makes the deployment; the others start together, while it runs.
   * @param urls database of each node, by the way that it takes to it.
   */
  static async start(urls: readonly string[]): Promise<Nodes> {
    const nodes = new Nodes(urls)
    try {
      await nodes.restart(0)
      await Promise.all(urls.slice(1).map((_, i) => nodes.restart(i + 1)))
      return nodes
    } catch (error) {
      await nodes[Symbol.asyncDispose]()
      throw error
    }
  }

  get count(): number {
    return this.#urls.length
  }

  get credentials(): Credentials {
    return readCredentials(join(this.#folders[0] as string, 'bootstrap.json'))
  }

  /** @throws Error if the node does not run. */
  server(index: number): TestServer {
    return this.#running(index).server
  }

  /** The owner's client of a node; undefined while it does not run. */
  client(index: number): HuaweiClient | undefined {
    return this.#nodes[index]?.client
  }

  /** SIGKILL. */
  async kill(index: number): Promise<void> {
    const { server, client } = this.#running(index)
    this.#expected.add(server)
    this.#nodes[index] = undefined
    await server.signal('SIGKILL')
    client.close()
  }

  /** SIGTERM, and its orderly end. */
  async stop(index: number): Promise<void> {
    const { server, client } = this.#running(index)
    this.#expected.add(server)
    this.#nodes[index] = undefined
    await server.signal('SIGTERM')
    client.close()
  }

  /**
   * Starts a node on the folder that it has.
   * @param environment such as that of another release.
   */
  async restart(index: number, environment: Readonly<Record<string, string>> = {}): Promise<void> {
    const root = join(this.#folders[0] as string, 'root.key')
    const server = await TestServer.start({
      data: this.#folders[index] as string,
      environment,
      flags: ['--database-url', this.#urls[index] as string, '--root', `file:${root}`],
    })
    void server.ended().then((code) => {
      this.said.push(...server.output.split('\n'))
      if (this.#expected.has(server)) return
      this.#nodes[index] = undefined
      this.ended.push(`node ${index} ended with ${code}: ${server.output.slice(-4000)}`)
    })
    this.#nodes[index] = {
      server,
      client: new HuaweiClient(server.url, this.credentials, 64),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#nodes.map(async (node, index) => node !== undefined && (await this.kill(index))),
    )
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true })
  }

  #running(index: number): Node {
    const node = this.#nodes[index]
    if (node === undefined) throw new Error(`node ${index} does not run`)
    return node
  }
}

/** What documents show, tried as it is written. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Code blocks of a language, in the order of the document. */
export function blocks(file: string, language: string): string[] {
  const found = readFileSync(file, 'utf8').matchAll(
    new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'),
  )
  return [...found].map(([, block]) => block ?? '')
}

export type Outcome = {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command until it ends, with any exit code. `input` is what it reads. */
export function run(
  command: string,
  args: readonly string[],
  options: {
    readonly cwd?: string
    readonly environment?: Readonly<Record<string, string>>
    readonly input?: string
  } = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.environment },
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
    child.stdin.end(options.input)
  })
}

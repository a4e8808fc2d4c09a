/**
 * How each client is set up with an access key: the blocks of docs/clients.md, with the values of
 * this deployment in place of its examples. The document is the one text, and its tests run it. No
 * secret is in a block: clients read it from the file of credentials.
 */

/** A client, and the section of the document that shows it. */
export const clients = [
  { name: 'commandLine', section: 'Command line' },
  { name: 'javascript', section: 'JavaScript' },
  { name: 'python', section: 'Python' },
  { name: 'go', section: 'Go' },
  { name: 'java', section: 'Java' },
  { name: 'sops', section: 'SOPS' },
  { name: 'terraform', section: 'Terraform' },
  { name: 'otc', section: 'Open Telekom Cloud' },
] as const
export type ClientName = (typeof clients)[number]['name']

/** The values that replace the examples of the document. */
export type Place = {
  readonly endpoint: string
  readonly region: string
  /**
   * Name of the file of credentials, in the folder where the commands are typed; letters, digits,
   * `.` and `-`.
   */
  readonly file: string
}

export type Setup = {
  /** Commands that every client begins with. */
  readonly environment: string
  /**
   * Commands for a server whose certificate the computer does not trust; undefined for a server
   * without TLS.
   */
  readonly trust: string | undefined
  /** What is typed or compiled then. */
  readonly programs: readonly string[]
}

const examples = {
  endpoint: 'http://127.0.0.1:8320',
  region: 'local',
  file: 'holdfast-data/bootstrap.json',
} as const

/**
 * Languages of the blocks that make up a setup. `yaml` in the document shows another way to the
 * same.
 */
const shown: ReadonlySet<string> = new Set(['sh', 'js', 'python', 'go', 'java', 'hcl'])

/**
 * @param document the text of docs/clients.md.
 * @throws TypeError when it lacks a part; a test asks for every client.
 */
export function setupOf(
  name: ClientName,
  document: string,
  { endpoint, region, file }: Place,
): Setup {
  const section = clients.find((client) => client.name === name)?.section ?? name
  const [start = '', ...sections] = document.split(/^## /m)
  const own = sections.find((text) => text.startsWith(`${section}\n`)) ?? ''
  const [environment] = blocksIn(start)
  const programs = blocksIn(own)
  const trust = trustIn(start, section)
  if (environment === undefined || programs.length === 0 || trust === undefined)
    throw new TypeError(`docs/clients.md says too little about ${section}`)
  return {
    environment: `chmod 600 ${file}\n${environment.replace(examples.file, file)}`,
    trust: endpoint.startsWith('https:') ? trust : undefined,
    programs: programs.map((text) => ofPlace(text, endpoint, region)),
  }
}

function blocksIn(text: string): string[] {
  const found = text.matchAll(/^```(\w*)\n(.*?)^```$/gms)
  return [...found].flatMap(([, language = '', block = '']) => (shown.has(language) ? [block] : []))
}

/** The item of the list of certificates, one command per line. */
function trustIn(text: string, section: string): string | undefined {
  const item = text
    .split('\n')
    .find((line) => line.startsWith(`- ${section}: \``) && line.includes('ca.pem'))
  return item?.slice(item.indexOf('`') + 1, item.lastIndexOf('`')).replaceAll(' && ', '\n')
}

function ofPlace(text: string, endpoint: string, region: string): string {
  const variable = region.toUpperCase().replaceAll('-', '_')
  return text
    .replaceAll(examples.endpoint, endpoint)
    .replaceAll(`REGION_KMS_${examples.region.toUpperCase()}=`, `REGION_KMS_${variable}=`)
    .replaceAll(`"${examples.region}:`, `"${region}:`)
}

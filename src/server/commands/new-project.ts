/**
 * A new project, its admin, an access key, and the file with their credentials for the operator of
 * the server.
 */
import { newAccessKey, newAccountId, newPassword } from '../../access/new-access-key.ts'
import { sealedHash } from '../../access/password-hashes.ts'
import { ConfigError } from '../../config.ts'
import { purposes } from '../../crypto/formats/labels.ts'
import { insertRow } from '../../crypto/formats/row-writes.ts'
import type { Keyring } from '../../crypto/keyring.ts'
import { hashPassword } from '../../crypto/password.ts'
import { accessKeyFields, placeFields } from '../../domain/access/credentials-file.ts'
import { wipe } from '../../domain/material/wiped.ts'
import type { Random } from '../../ports/random.ts'

const passwordSaltBytes = 16

/** Fields of the file in order; password and secret key must not be shown to others. */
const fieldNames = [...placeFields, 'password', ...accessKeyFields] as const
type FieldName = (typeof fieldNames)[number]
/** Values as bytes: two of them are secrets, and a secret is never a string. */
export type NewProject = Readonly<Record<FieldName, Uint8Array>>

/** The project with its keys, its admin, and the admin's access key. */
export async function projectRows(
  keyring: Keyring,
  made: NewProject,
  createdAt: number,
  random: Random,
) {
  const projectId = text(made.project_id)
  const accessKey = text(made.access_key)
  const userId = random.bytes(16).toHex()
  const { sealed, keys } = keyring.createProject(projectId, random.bytes)
  const passwordHash = await hashPassword(made.password, random.bytes(passwordSaltBytes))
  return [
    insertRow(keyring.rowMac, 'projects', {
      id: projectId,
      name: text(made.project_name),
      domainId: text(made.domain_id),
      accountId: text(made.account_id),
      region: text(made.region),
      ...sealed,
      createdAt,
    }),
    insertRow(keyring.rowMac, 'users', {
      id: userId,
      projectId,
      name: text(made.user_name),
      ...sealedHash(keys, { id: userId, projectId }, passwordHash, random.bytes),
      passwordIsInitial: 1,
      role: 'admin',
      disabled: 0,
      createdAt,
    }),
    insertRow(keyring.rowMac, 'accessKeys', {
      id: accessKey,
      userId,
      projectId,
      sealedSecret: keys.sealer.seal(
        purposes.accessKeySecret,
        { project: projectId, accessKey },
        made.secret_key,
        random.bytes,
      ),
      disabled: 0,
      createdAt,
    }),
  ]
}

/**
 * A newly created project.
 * @param place.name of the project, the domain and the user alike.
 */
export function makeProject(
  place: { readonly endpoint: string; readonly region: string; readonly name: string },
  random: Random,
): NewProject {
  const { id, secret } = newAccessKey(random)
  return {
    endpoint: Buffer.from(place.endpoint),
    region: Buffer.from(place.region),
    project_id: Buffer.from(random.bytes(16).toHex()),
    project_name: Buffer.from(place.name),
    domain_id: Buffer.from(random.bytes(16).toHex()),
    account_id: newAccountId(random),
    user_name: Buffer.from('admin'),
    password: newPassword(random),
    access_key: id,
    secret_key: secret,
  }
}

export function wipeNewProject({ password, secret_key: secret }: NewProject): void {
  wipe(password, secret)
}

/** JSON, assembled from bytes. No value contains a character that JSON would escape. */
export function formatNewProject(made: NewProject): Uint8Array {
  const lines = fieldNames.map((name, i) => [
    Buffer.from(`  "${name}": "`),
    made[name],
    Buffer.from(i === fieldNames.length - 1 ? '"\n' : '",\n'),
  ])
  return Buffer.concat([Buffer.from('{\n'), ...lines.flat(), Buffer.from('}\n')])
}

/**
 * Parses what `formatNewProject` wrote, without making strings of it.
 * @throws ConfigError when a field is missing.
 */
export function parseNewProject(content: Buffer, fileName: string): NewProject {
  const fields = fieldNames.map((name) => {
    const start = content.indexOf(`"${name}": "`)
    const from = start + name.length + 5
    const to = content.indexOf('"', from)
    if (start < 0 || to < 0)
      throw new ConfigError(
        `${fileName} is incomplete: ${name} is missing; remove it, and the next start creates new credentials`,
      )
    return [name, new Uint8Array(content.subarray(from, to))]
  })
  return Object.fromEntries(fields) as NewProject
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}

/**
 * The credentials file that clients are given: its fields, no matter who writes it. The command
 * line and docs/clients.md use these names.
 */

/** Where the service is and whose access key it is; nothing here is secret. In file order. */
export const placeFields = [
  'endpoint',
  'region',
  'project_id',
  'project_name',
  'domain_id',
  'account_id',
  'user_name',
] as const

/** The access key and its secret, the last fields of the file. */
export const accessKeyFields = ['access_key', 'secret_key'] as const

export type CredentialsFields = Readonly<
  Record<(typeof placeFields | typeof accessKeyFields)[number], string>
>

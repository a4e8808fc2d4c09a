/**
 * The file of credentials that clients are given: its fields, whoever writes it. The command line
 * and docs/clients.md read it by these names.
 */

/**
 * Where the service is and whose the access key is: none of it is a secret. In the order of the
 * file.
 */
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

#!/usr/bin/env node
/**
 * One call of the key service with Huawei's own client, @huaweicloud/huaweicloud-sdk-core,
 * unmodified:
 *
 *   node examples/kms.js OPERATION [field=value ...] [--get path.to.value]
 *
 * Endpoint and credentials come from the file that HOLDFAST_CREDENTIALS names, or bootstrap.json of
 * the data folder (./holdfast-data, or what HOLDFAST_DATA names).
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const sdk = createRequire(import.meta.url)
const { BasicCredentials } = sdk('@huaweicloud/huaweicloud-sdk-core')
const { ClientBuilder } = sdk('@huaweicloud/huaweicloud-sdk-core/ClientBuilder.js')

const args = process.argv.slice(2)
const at = args.indexOf('--get')
const wanted = at < 0 ? undefined : args.splice(at, 2)[1]
const [operation, ...pairs] = args
if (operation === undefined || pairs.some((pair) => !pair.includes('='))) {
  console.error('usage: node examples/kms.js OPERATION [field=value ...] [--get path.to.value]')
  process.exit(2)
}

const { HOLDFAST_CREDENTIALS, HOLDFAST_DATA = './holdfast-data' } = process.env
const bootstrap = JSON.parse(
  readFileSync(HOLDFAST_CREDENTIALS ?? `${HOLDFAST_DATA}/bootstrap.json`, 'utf8'),
)
const credentials = new BasicCredentials()
  .withAk(bootstrap.access_key)
  .withSk(bootstrap.secret_key)
  .withProjectId(bootstrap.project_id)
const client = new ClientBuilder((hcClient) => hcClient)
  .withCredential(credentials)
  .withEndpoint(bootstrap.endpoint)
  .build()
// The library would print every error with its whole request; the message below is enough.
sdk('log4js').configure({
  appenders: { none: { type: 'stderr' } },
  categories: { default: { appenders: ['none'], level: 'off' } },
})
const fields = Object.fromEntries(
  pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
)

try {
  const answer = await client.sendRequest({
    url: `/v1.0/${bootstrap.project_id}/kms/${operation}`,
    method: operation === 'user-quotas' ? 'GET' : 'POST',
    contentType: 'application/json',
    queryParams: {},
    pathParams: {},
    headers: {},
    ...(operation !== 'user-quotas' && { data: fields }),
  })
  delete answer.httpStatusCode
  const value = wanted?.split('.').reduce((part, name) => part?.[name], answer) ?? answer
  console.log(typeof value === 'string' ? value : JSON.stringify(value, null, 2))
} catch (error) {
  console.error(`refused: ${error.errorCode ?? error.code} ${error.errorMsg ?? error.message}`)
  process.exitCode = 1
}

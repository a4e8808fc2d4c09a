/** A deployment after some weeks of use: keys in every state, some findings, and calls to chart. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { type Body, type HuaweiClient, wrap } from '../test/e2e/client.ts'

const dayMs = 86_400_000
const stepMs = 300_000
const stepsOfDay = dayMs / stepMs

/** Sets the server's clock to `ms` before now. */
export type SetBack = (ms: number) => void

export type Seeded = {
  readonly imported: string
  readonly pair: string
  readonly madeHere: string
  readonly begun: string
}

/** Plays six weeks of use, the last day in steps of five minutes, up to now. */
export async function seed(client: HuaweiClient, setBack: SetBack): Promise<Seeded> {
  const at = (ms: number): void => {
    setBack(ms)
    client.clock = () => Date.now() - ms
  }
  const admin = async (method: 'POST' | 'PUT', path: string, fields: object): Promise<Body> =>
    (await client.send(client.sign(method, `/admin/v1${path}`, fields))).body
  const make = (key_alias: string, key_description: string, more: object = {}): Promise<string> =>
    client.createKey({ key_alias, key_description, ...more })
  const bring = async (
    alias: string,
    text: string,
    fields: object = {},
  ): Promise<{ id: string; material: Buffer }> => {
    const id = await make(alias, text, { origin: 'external' })
    const material = randomBytes(32)
    await client.import(id, material, fields)
    return { id, material }
  }
  const drill = async ({ id, material }: { id: string; material: Buffer }): Promise<void> => {
    const { token, public_key } = await admin('POST', `/keys/${id}/drill-parameters`, {})
    await admin('POST', `/keys/${id}/drill`, {
      token,
      wrapped_material: wrap(public_key, material),
    })
  }
  const inDays = (days: number): number => Math.floor((Date.now() + days * dayMs) / 1000)

  at(42 * dayMs)
  const cards = await bring('payments/card-data', 'Card numbers at rest, payment service', {
    expiration_time: inDays(11),
  })
  const nightly = await make('backups/nightly', 'Nightly backups of the order database')
  await client.ok('enable-key-rotation', { key_id: nightly })
  await client.ok('update-key-rotation-interval', { key_id: nightly, rotation_interval: 30 })
  const records = await bring('hr/records', 'Personnel files')
  const pair = await make('payments/settlement', 'Signs the settlement file', {
    key_spec: 'EC_P256',
    key_usage: 'SIGN_VERIFY',
    origin: 'external',
  })
  await client.importPrivateKey(
    pair,
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
      format: 'der',
      type: 'pkcs8',
    }),
  )
  const tag = (key: string, tags: Readonly<Record<string, string>>): Promise<Body> =>
    client.ok(`${key}/tags/action`, {
      action: 'create',
      tags: Object.entries(tags).map(([name, value]) => ({ key: name, value })),
    })
  for (const id of [cards.id, pair]) await tag(id, { team: 'payments', stage: 'production' })
  await tag(nightly, { team: 'operations', 'cost-center': '4711' })
  await tag(records.id, { team: 'people', stage: 'production' })
  for (const alias of ['alias/payments/cards', 'alias/payments/current'])
    await client.call('aliases', { key_id: cards.id, alias })
  const grant = (terms: object): Promise<Body> =>
    client.ok('create-grant', { key_id: cards.id, ...terms })
  const gateway = { grantee_principal: 'b3c1f0a85d7e4c26a1f09e8d7c6b5a43', name: 'payment-gateway' }
  await grant({ ...gateway, operations: ['encrypt-data', 'decrypt-data', 'describe-key'] })
  const audit = {
    grantee_principal: '0f4e2d1c3b5a69788796a5b4c3d2e1f0',
    grantee_principal_type: 'domain',
    name: 'audit-firm',
  }
  await grant({ ...audit, operations: ['describe-key'] })
  const tokens = await make('ledger/tokens', 'Tokens of the old ledger')
  const sessions = await make('web/sessions', 'Session cookies of the shop')
  const dkim = await make('mail/dkim', 'Signs outgoing mail', {
    key_spec: 'RSA_2048',
    key_usage: 'SIGN_VERIFY',
  })
  const old = await make('archive/2019', 'Archive of 2019, read only')
  at(20 * dayMs)
  await drill(records)
  await client.encrypt(old, 'x')
  await client.ok('disable-key', { key_id: tokens })
  at(9 * dayMs)
  await drill(cards)
  await client.ok('delete-imported-key-material', { key_id: records.id })
  const begun = await make('partner/exchange', 'Shared with the partner bank', {
    origin: 'external',
  })
  at(2 * dayMs)
  await client.ok('schedule-key-deletion', { key_id: old, pending_days: '7' })
  for (let step = stepsOfDay - 1; step >= 0; step--) {
    at(step * stepMs)
    await someCalls(client, step, {
      cards: cards.id,
      nightly,
      sessions,
      dkim,
      pair,
      lost: records.id,
    })
  }
  at(0)
  await admin('PUT', `/imports/${begun}`, { step: 'backup', choices: { backup: 'shares' } })
  return { imported: cards.id, pair, madeHere: nightly, begun }
}

/** The calls of one step: more by day than by night, and slightly irregular. */
async function someCalls(
  client: HuaweiClient,
  step: number,
  keys: Readonly<Record<'cards' | 'nightly' | 'sessions' | 'dkim' | 'pair' | 'lost', string>>,
): Promise<void> {
  const busy = Math.round(9 + 6 * Math.cos((step / stepsOfDay) * 2 * Math.PI) + ((step * 7) % 5))
  const times = (share: number, call: (i: number) => Promise<unknown>): Promise<unknown> =>
    Promise.all(Array.from({ length: Math.round(busy * share) }, (_, i) => call(i)))
  const ciphertext = await client.encrypt(keys.cards, 'a card number')
  await times(1, (i) => client.encrypt(i % 4 === 0 ? keys.nightly : keys.cards, 'a card number'))
  await times(0.7, () => client.decrypt(ciphertext))
  await times(0.3, () =>
    client.ok('create-datakey', { key_id: keys.sessions, datakey_length: '256' }),
  )
  const message = randomBytes(32).toString('base64')
  await times(0.2, (i) =>
    client.ok('sign', {
      key_id: i % 2 ? keys.dkim : keys.pair,
      message,
      message_type: 'DIGEST',
      signing_algorithm: i % 2 ? 'RSASSA_PSS_SHA_256' : 'ECDSA_SHA_256',
    }),
  )
  if (step % 24 < 2)
    await times(0.2, () => client.call('encrypt-data', { key_id: keys.lost, plain_text: 'x' }))
}

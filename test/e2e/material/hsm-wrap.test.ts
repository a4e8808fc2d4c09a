/**
 * Keys that a PKCS#11 token makes and exports with C_WrapKey, of every spec that it supports: each
 * is imported unchanged.
 *
 * @also two-threads
 * @deep
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isAsymmetric, type KeySpec, keySpecs } from '../../../src/domain/keys/key-specs.ts'
import { curveOfId, namedCurves } from '../../../src/domain/material/curves.ts'
import { missing, tool } from '../../tools.ts'
import { AdminClient } from '../admin-client.ts'
import { type Answer, type HuaweiClient, readCredentials, wrap } from '../client.ts'
import { accepted } from '../expect.ts'
import { newFolder, TestServer } from '../server.ts'

const program = fileURLToPath(new URL('hsm_wrap.py', import.meta.url))
const mechanisms = ['CKM_AES_KEY_WRAP', 'CKM_AES_KEY_WRAP_PAD'] as const

/** Kinds that SoftHSM 2.6 cannot make: it has no SM2 and no ML-DSA. */
const notMade: readonly string[] = ['SM2', 'ML_DSA_44', 'ML_DSA_65', 'ML_DSA_87']
/** It makes these and refuses C_WrapKey: CKR_KEY_NOT_WRAPPABLE. */
const notWrapped: readonly string[] = ['ED25519']
const notWrappable = '0x69'

/** What the token is asked for. A secret of any spec, including SM4, is bytes to it. */
function askedFor(spec: KeySpec): object {
  if (!isAsymmetric(spec)) return { name: spec.name, kind: 'secret', bytes: spec.materialBytes }
  if (spec.kind === 'rsa') return { name: spec.name, kind: 'rsa', bits: spec.modulusBits }
  if (spec.kind === 'ec') {
    const { id } = namedCurves[spec.curve]
    assert.equal(curveOfId(id)?.spec, spec.name)
    return {
      name: spec.name,
      kind: 'ec',
      params: `06${(id.length / 2).toString(16).padStart(2, '0')}${id}`,
    }
  }
  // PrintableString "edwards25519", as SoftHSM has it.
  return { name: spec.name, kind: 'ed', params: '130c656477617264733235353139' }
}

type Wrapped = Readonly<
  Record<(typeof mechanisms)[number], { readonly bytes?: string; readonly refused?: string }>
>

describe('what an HSM wraps is imported', {
  skip: missing('softhsm', 'softhsm2-util', 'python3'),
}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  const data = newFolder()
  /**
   * An HSM would wrap it under the wrapping key by OAEP with SHA-256, which SoftHSM does not know.
   */
  const temporaryKey = randomBytes(32)
  const specs = Object.values(keySpecs).filter(({ name }) => !notMade.includes(name))
  let wrapped: Readonly<Record<string, Wrapped>>
  let server: TestServer
  let client: HuaweiClient
  let admin: AdminClient

  before(async () => {
    mkdirSync(join(folder, 'tokens'))
    const configuration = join(folder, 'softhsm2.conf')
    writeFileSync(
      configuration,
      `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`,
    )
    const env = { ...process.env, SOFTHSM2_CONF: configuration }
    execFileSync(
      tool('softhsm2-util'),
      ['--init-token', '--free', '--label', 'wraps', '--pin', '1234', '--so-pin', '1234'],
      {
        env,
      },
    )
    const asked = JSON.stringify({
      temporary_key: temporaryKey.toString('hex'),
      keys: specs.map(askedFor),
    })
    wrapped = JSON.parse(
      execFileSync(tool('python3'), [program, tool('softhsm'), '1234'], {
        env,
        input: asked,
      }).toString(),
    )
    server = await TestServer.start({ data })
    client = server.client()
    admin = new AdminClient(server.url)
    await admin.enter(readCredentials(join(data, 'bootstrap.json')))
  })
  after(async () => {
    client.close()
    admin.close()
    await server[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  /**
   * In two parts for a private key; a secret in one part, preceded by its temporary key.
   * @param what an import, or a drill, which only compares.
   */
  const bring = async (
    what: 'import' | 'drill',
    spec: KeySpec,
    id: string,
    bytes: Buffer,
  ): Promise<Answer> => {
    const algorithm = isAsymmetric(spec) ? 'RSAES_OAEP_SHA_256' : 'RSA_AES_KEY_WRAP_SHA_256'
    const { token, public_key } = await admin.ok('POST', `/keys/${id}/${what}-parameters`, {
      wrapping_algorithm: algorithm,
    })
    const first = wrap(public_key, temporaryKey)
    return admin.call('POST', `/keys/${id}/${what}`, {
      token,
      ...(isAsymmetric(spec)
        ? { wrapped_material: first, wrapped_private_key: bytes.toString('base64') }
        : {
            wrapped_material: Buffer.concat([Buffer.from(first, 'base64'), bytes]).toString(
              'base64',
            ),
          }),
    })
  }
  const bytesOf = (spec: KeySpec, mechanism: (typeof mechanisms)[number]): Buffer => {
    const { bytes, refused } = (wrapped[spec.name] as Wrapped)[mechanism]
    assert.equal(refused, undefined)
    return Buffer.from(bytes as string, 'hex')
  }

  for (const spec of specs.filter(({ name }) => !notWrapped.includes(name))) {
    test(`${spec.name}: imported by one mechanism, and the same material by the other`, async () => {
      const [first, second] = mechanisms
      const id = await client.createKey({ origin: 'external', key_spec: spec.name })
      accepted(await bring('import', spec, id, bytesOf(spec, first)))
      assert.equal((await client.describe(id)).key_state, '2')
      accepted(await bring('drill', spec, id, bytesOf(spec, second)))
    })
  }

  test('what is left out is left out by the token', () => {
    for (const name of notWrapped)
      for (const mechanism of mechanisms)
        assert.deepEqual((wrapped[name] as Wrapped)[mechanism], { refused: notWrappable })
  })
})

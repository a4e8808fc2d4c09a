/**
 * Clients of other languages, unmodified, against a real server: what docs/clients.md shows, word
 * for word, over HTTP and over TLS; every operation of the Python SDK; a walk with the Go SDK.
 * test/clients/prepare.ts fetches and builds them; those that it could not prepare are left out
 * here.
 *
 * @deep
 */
import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { folder as clients, leftOut } from '../../clients/prepared.ts'
import { freePort } from '../../fakes/free-port.ts'
import { missing, tool } from '../../tools.ts'
import { AdminClient } from '../admin-client.ts'
import { newCertificate } from '../certificate.ts'
import { type Credentials, readCredentials } from '../client.ts'
import { blocks, type Outcome, run } from '../documents.ts'
import { newFolder, TestServer } from '../server.ts'

const page = 'docs/clients.md'
const python = `${clients}python/bin/python`
const java = (name: string, trust: string | undefined, ...args: string[]): string[] => [
  '-XX:TieredStopAtLevel=1',
  ...(trust === undefined
    ? []
    : [
        `-Djavax.net.ssl.trustStore=${trust}`,
        `-Djavax.net.ssl.trustStorePassword=${storePassword}`,
      ]),
  '-cp',
  `${clients}java/classes:${clients}java/lib/*`,
  name,
  ...args,
]
const storePassword = 'public certificates only'
const program = (name: string): string => `${clients}bin/${name}`

/** No client uses a proxy or finds the settings of the user who runs the tests. */
function environmentOf(server: TestServer, home: string): Record<string, string> {
  const { access_key, secret_key, project_id, endpoint } = bootstrapOf(server)
  return {
    HOLDFAST_CREDENTIALS: join(server.data, 'bootstrap.json'),
    HUAWEICLOUD_SDK_AK: access_key,
    HUAWEICLOUD_SDK_SK: secret_key,
    HUAWEICLOUD_SDK_PROJECT_ID: project_id,
    KMS_ENDPOINT: endpoint,
    HOME: home,
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
    PATH: `${clients}bin:${process.env.PATH}`,
    PYTHONDONTWRITEBYTECODE: '1',
  }
}

function bootstrapOf(server: TestServer): Credentials & { readonly endpoint: string } {
  return readCredentials(join(server.data, 'bootstrap.json')) as Credentials & {
    readonly endpoint: string
  }
}

function said({ code, stdout, stderr }: Outcome, expected: string): void {
  assert.deepEqual({ code, stdout }, { code: 0, stdout: expected }, stderr)
}

/** Java reads certificates from a store of its own. @returns its file. */
async function trustStore(folder: string, cert: string): Promise<string> {
  const store = join(folder, 'trust.p12')
  const args = [
    '-importcert',
    '-noprompt',
    '-alias',
    'server',
    '-file',
    cert,
    '-keystore',
    store,
    '-storepass',
    storePassword,
  ]
  const made = await run(tool('keytool'), args)
  assert.equal(made.code, 0, made.stdout + made.stderr)
  return store
}

test('docs/clients.md names the versions that are tried, and shows the Go and Java programs that are built', () => {
  const text = readFileSync(page, 'utf8')
  const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    devDependencies: Record<string, string>
  }
  const core = '@huaweicloud/huaweicloud-sdk-core'
  const pom = readFileSync('test/clients/java/pom.xml', 'utf8')
  const [modules] = /(?<=^require \()[^)]*/m.exec(
    readFileSync('test/clients/go/go.mod', 'utf8'),
  ) as RegExpExecArray
  const versions = [
    `${core} ${devDependencies[core]}`,
    ...(/^huaweicloudsdkkms==\S+/m.exec(
      readFileSync('test/clients/python/requirements.txt', 'utf8'),
    ) as RegExpExecArray),
    ...modules.trim().split(/\n\s*/),
    `com.huaweicloud.sdk:huaweicloud-sdk-kms ${/(?<=<artifactId>huaweicloud-sdk-kms<\/artifactId>\s*<version>)[^<]+/.exec(pom)?.[0]}`,
  ]
  assert.equal(versions.length, 6)
  for (const version of versions) assert.ok(text.includes(`| ${version} |`), version)
  const programs = ['quickstart', 'otc'].map((name) =>
    readFileSync(`test/clients/go/${name}/main.go`, 'utf8'),
  )
  assert.deepEqual(blocks(page, 'go'), programs)
  assert.deepEqual(blocks(page, 'java'), [
    readFileSync('test/clients/java/Quickstart.java', 'utf8'),
  ])
})

for (const scheme of ['http', 'https'] as const)
  describe(`docs/clients.md over ${scheme}`, {
    skip: scheme === 'https' && missing('openssl'),
  }, () => {
    const folder = newFolder()
    let server: TestServer
    let environment: Record<string, string>

    before(async () => {
      const tls = scheme === 'https' ? newCertificate(folder) : undefined
      const flags = tls && ['--tls-cert', tls.cert, '--tls-key', tls.key]
      server = await TestServer.start({
        flags: ['--listen', `127.0.0.1:${await freePort()}`, ...(flags ?? [])],
      })
      const trust = tls && {
        NODE_EXTRA_CA_CERTS: tls.cert,
        REQUESTS_CA_BUNDLE: tls.cert,
        SSL_CERT_FILE: tls.cert,
      }
      environment = { ...environmentOf(server, folder), ...trust }
      assert.ok(environment.KMS_ENDPOINT?.startsWith(`${scheme}://`))
    })
    after(async () => {
      await server[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true })
    })

    test('JavaScript: the core of the SDK, @huaweicloud/huaweicloud-sdk-core', async () => {
      const [script] = blocks(page, 'js')
      const done = await run(process.execPath, ['--input-type=module', '-'], {
        environment,
        input: script as string,
      })
      assert.equal(done.stdout.trim().split('\n').at(-1), '4711 anvils', done.stderr)
    })

    test('Python: huaweicloudsdkkms', { skip: leftOut('python') }, async () => {
      const [script] = blocks(page, 'python')
      said(
        await run(python, ['-'], { environment, input: script as string }),
        '4711 anvils\n400 KMS.1201\n',
      )
    })

    test('Go: huaweicloud-sdk-go-v3', { skip: leftOut('go') }, async () => {
      said(await run(program('quickstart'), ['go-quickstart'], { environment }), '4711 anvils\n')
      const again = await run(program('quickstart'), ['go-quickstart'], { environment })
      assert.equal(again.code, 1)
      assert.match(again.stderr, /^refused: KMS\.1104 /)
    })

    test('Java: huaweicloud-sdk-kms, whose bodies come in chunks', {
      skip: leftOut('java') || missing('java', 'keytool'),
    }, async () => {
      const { SSL_CERT_FILE: cert } = environment
      const trust = cert && (await trustStore(folder, cert))
      const done = await run(tool('java'), java('Quickstart', trust, 'java-quickstart'), {
        environment,
      })
      said(done, '4711 anvils\n400 KMS.1201\n')
    })

    test('OTC: gophertelekomcloud, with an access key and with a password', {
      skip: leftOut('go'),
    }, async () => {
      const admin = new AdminClient(server.url, environment.SSL_CERT_FILE)
      const withPassword = {
        ...environment,
        HOLDFAST_PASSWORD: await admin.enter(bootstrapOf(server)),
      }
      admin.close()
      for (const way of ['key', 'password'])
        said(
          await run(program('otc'), [way, `otc-${way}`], { environment: withPassword }),
          `otc-${way} 3\n`,
        )
      const again = await run(program('otc'), ['key', 'otc-key'], { environment })
      assert.equal(again.code, 1)
      assert.match(again.stderr, /KMS\.1104/)
    })

    test('SOPS: a file encrypted and decrypted through hckms', {
      skip: leftOut('sops'),
    }, async () => {
      const secrets =
        'database:\n    password: 4711 anvils\nhosts:\n    - a.example\n    - b.example\n'
      const [file, encrypted] = ['secrets.yaml', 'secrets.enc.yaml'].map((name) =>
        join(folder, name),
      ) as [string, string]
      writeFileSync(file, secrets)
      const example = (...args: string[]): Promise<Outcome> =>
        run(process.execPath, ['examples/kms.js', ...args], { environment })
      const created = await example('create-key', 'key_alias=sops', '--get', 'key_info.key_id')
      const KEY = created.stdout.trim()
      const script = blocks(page, 'sh').find((block) => block.includes('sops encrypt'))
      said(
        await run('bash', ['-ec', script as string], {
          cwd: folder,
          environment: { ...environment, KEY },
        }),
        secrets,
      )
      const text = readFileSync(encrypted, 'utf8')
      assert.ok(!text.includes('anvils') && text.includes(`key_id: local:${KEY}`), text)

      const [regions, rules] = blocks(page, 'yaml') as [string, string]
      writeFileSync(
        join(folder, 'regions.yaml'),
        regions.replace('http://127.0.0.1:8320', environment.KMS_ENDPOINT as string),
      )
      writeFileSync(join(folder, '.sops.yaml'), rules.replace(/(?<=local:)[0-9a-f-]{36}/, KEY))
      const byFile = { ...environment, HUAWEICLOUD_SDK_REGIONS_FILE: join(folder, 'regions.yaml') }
      const sops = (...args: string[]): Promise<Outcome> =>
        run(program('sops'), args, { cwd: folder, environment: byFile })
      said(await sops('decrypt', encrypted), secrets)
      assert.equal((await sops('encrypt', '--in-place', file)).code, 0)
      said(await sops('decrypt', file), secrets)

      const disabled = await example('disable-key', `key_id=${KEY}`)
      assert.equal(disabled.code, 0, disabled.stderr)
      const refused = await sops('decrypt', encrypted)
      assert.deepEqual([refused.code, refused.stdout], [128, ''])
      assert.match(refused.stderr, /KMS\.0209/)
    })
  })

/** A line of sweep.py. */
type Call = {
  readonly operation: string
  readonly input: 'valid' | 'invalid'
  readonly expected: string
  readonly got: string
}

describe('SDKs, operation by operation', () => {
  const folder = newFolder()
  let server: TestServer
  let environment: Record<string, string>

  before(async () => {
    server = await TestServer.start({ flags: ['--listen', `127.0.0.1:${await freePort()}`] })
    environment = environmentOf(server, folder)
  })
  after(async () => {
    await server[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  test('Python: each of the 75 operations works or is refused as documented', {
    skip: leftOut('python'),
  }, async (t) => {
    const { code, stdout, stderr } = await run(python, ['test/clients/python/sweep.py'], {
      environment,
    })
    assert.equal(code, 0, stderr)
    const [known, ...calls] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)) as [{ operations: string[] }, ...Call[]]
    assert.equal(known.operations.length, 75)
    const tried = (input: Call['input']): string[] =>
      calls.filter((call) => call.input === input).map(({ operation }) => operation)
    assert.deepEqual(tried('valid').toSorted(), known.operations)
    // GET / takes nothing that could be wrong, not even credentials.
    assert.deepEqual(
      tried('invalid').toSorted(),
      known.operations.filter((operation) => operation !== 'show_versions'),
    )
    for (const { operation, input, expected, got } of calls)
      await t.test(`${operation}, ${input}: ${expected}`, () => {
        assert.equal(got, expected)
      })
  })

  test('Java: the life of an imported key, from its creation to the second import', {
    skip: leftOut('java') || missing('java'),
  }, async () => {
    const steps = [
      'a key is created without material',
      'its material is wrapped and imported, with an expiry',
      'it encrypts and decrypts',
      'a data key of 16 bytes is sealed and opened, regardless of the stated length',
      'a tag with a slash in its key is set and deleted',
      'its material is deleted, and it decrypts nothing',
      'other material is refused, the same is imported again',
      'what it encrypted before is decrypted',
    ]
    said(
      await run(tool('java'), java('ImportedKey', undefined), { environment }),
      `${steps.join('\n')}\n`,
    )
  })

  test('Go: keys made here and imported, data keys, signatures, tags, refusals', {
    skip: leftOut('go'),
  }, async () => {
    const steps = [
      'a key is created and described',
      'what was encrypted is decrypted',
      'a data key is made and opened',
      'refusals are the SDK’s own errors',
      'material is imported, with an expiry',
      'its material deleted, the key decrypts nothing',
      'other material is refused, the same is accepted again',
      'a signature verifies',
      'a tag is set, shown and deleted',
      'deletion is scheduled',
    ]
    said(await run(program('walk'), [], { environment }), `${steps.join('\n')}\n`)
  })
})

/** The URL of a database: what each form means, and what is refused with which way out. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  type DatabaseAddress,
  DatabaseUrlRefused,
  parseDatabaseUrl,
} from '../../src/ports/database-url.ts'

/** Hosts and ports, user, password, database. */
type Meaning = readonly [hosts: string, user: string, password: string | undefined, name: string]

const accepted: readonly (readonly [url: string, ...means: Meaning])[] = [
  ['postgres://kms@db.example.com/kms', 'db.example.com 5432', 'kms', undefined, 'kms'],
  ['postgresql://kms@db.example.com/kms', 'db.example.com 5432', 'kms', undefined, 'kms'],
  ['postgres://kms:word@db:6432/keys', 'db 6432', 'kms', 'word', 'keys'],
  // Defaults.
  ['postgres://kms@db', 'db 5432', 'kms', undefined, 'kms'],
  ['postgres://kms@db/', 'db 5432', 'kms', undefined, 'kms'],
  ['postgres://kms@db?', 'db 5432', 'kms', undefined, 'kms'],
  ['postgres://kms@db/?', 'db 5432', 'kms', undefined, 'kms'],
  ['postgres://kms:@db:/', 'db 5432', 'kms', undefined, 'kms'],
  ['postgres://kms@db?password=&dbname=', 'db 5432', 'kms', undefined, 'kms'],
  // Several hosts, each with its own port or none.
  ['postgres://kms@a,b:5433,[::1]:5434/k', 'a 5432|b 5433|::1 5434', 'kms', undefined, 'k'],
  ['postgres://kms@a:5433,b/k', 'a 5433|b 5432', 'kms', undefined, 'k'],
  ['postgres://kms@a,b/k?port=5433', 'a 5433|b 5433', 'kms', undefined, 'k'],
  ['postgres://kms@a,b,c/k?port=1,,65535', 'a 1|b 5432|c 65535', 'kms', undefined, 'k'],
  ['postgres://kms@/k?host=a,::1,10.0.0.5', 'a 5432|::1 5432|10.0.0.5 5432', 'kms', undefined, 'k'],
  ['postgres://kms@/k?host=a,b&port=1,2', 'a 1|b 2', 'kms', undefined, 'k'],
  ['postgres://kms@:5433/k?host=a,b', 'a 5433|b 5433', 'kms', undefined, 'k'],
  // Addresses.
  ['postgres://kms@10.0.0.5:1/k', '10.0.0.5 1', 'kms', undefined, 'k'],
  ['postgres://kms@[2001:db8::1234]/k', '2001:db8::1234 5432', 'kms', undefined, 'k'],
  ['postgres://kms@[fe80::1%25eth0]:1/k', 'fe80::1%eth0 1', 'kms', undefined, 'k'],
  // Sockets.
  ['postgres://kms@%2Frun%2Fpostgresql/kms', '/run/postgresql 5432', 'kms', undefined, 'kms'],
  ['postgres://kms@%2frun%2Fpostgresql:5433', '/run/postgresql 5433', 'kms', undefined, 'kms'],
  ['postgres://kms@/kms?host=/run&port=5433', '/run 5433', 'kms', undefined, 'kms'],
  ['postgres://kms@?host=/run', '/run 5432', 'kms', undefined, 'kms'],
  ['postgres://kms@/k?host=/run,%2Ftmp,db', '/run 5432|/tmp 5432|db 5432', 'kms', undefined, 'k'],
  // Percent-encoding in every part.
  ['postgres://k%40m:p%3A%2F%3F%40w@d%62:54%332/%2Fk%20', 'db 5432', 'k@m', 'p:/?@w', '/k '],
  ['postgres://db/k?us%65r=k%26&password=%3D%26%25', 'db 5432', 'k&', '=&%', 'k'],
  ['postgres://J%C3%B6rg:%F0%9F%94%91@db/%E5%AF%86', 'db 5432', 'Jörg', '🔑', '密'],
  ['postgres://Jörg:🔑@db/密', 'db 5432', 'Jörg', '🔑', '密'],
  // What is literal for libpq is literal here.
  ['postgres://k+m:a:b+c@db/a/b:c', 'db 5432', 'k+m', 'a:b+c', 'a/b:c'],
  ['postgres://db?user=k+m&dbname=a/b?c:d', 'db 5432', 'k+m', undefined, 'a/b?c:d'],
  // In parameters instead of their usual place.
  ['postgres://db?user=u&password=p&dbname=d&port=1', 'db 1', 'u', 'p', 'd'],
  ['postgres://?host=h&user=u', 'h 5432', 'u', undefined, 'u'],
  ['postgres://:word@db/k?user=u', 'db 5432', 'u', 'word', 'k'],
  // A primary is required in any case.
  ['postgres://kms@a,b/k?target_session_attrs=primary', 'a 5432|b 5432', 'kms', undefined, 'k'],
  ['postgres://kms@a/k?target_session_attrs=read-write', 'a 5432', 'kms', undefined, 'k'],
]

describe('an accepted URL means', () => {
  for (const [url, hosts, user, password, database] of accepted)
    test(url, () => {
      const means = parseDatabaseUrl(url)
      assert.equal(means.hosts.map(({ host, port }) => `${host} ${port}`).join('|'), hosts)
      assert.deepEqual([means.user, means.password, means.database], [user, password, database])
    })
})

const many = (count: number): string => Array.from({ length: count }, (_, i) => `h${i}`).join()

test('16 hosts are as many as a URL may name', () => {
  assert.equal(parseDatabaseUrl(`postgres://kms@${many(16)}/kms`).hosts.length, 16)
  assert.equal(parseDatabaseUrl(`postgres://kms@/kms?host=${many(16)}`).hosts.length, 16)
})

/** Every password here contains this word, which no refusal may repeat. */
const word = 'xyzzy'

const tls = /^the database URL sets \w+: remove it and use --database-tls and --database-ca$/
const set = /^the database URL sets \w+: remove it, because Holdfast sets what its /
const at = /contains an @ where none is expected: .*%40/
const encoding = /a % that does not begin .* write % as %25$/
const brackets = /must have an IPv6 address, and nothing else, in brackets/
const port = /a port that is not a number from 1 to 65535: .*%2F/
const host = /a host that is neither a name in ASCII, nor an address, nor an absolute path/
const noHost = /must name a host, for example .*, or the folder of a socket: /
const noRole = /must name the role: postgres:\/\/ROLE@/
const pair = /a parameter that is not of the form name=value: .*%3D/
const character = /contains a space, a # or another character .*%20.*%23/

const refused: readonly (readonly [url: string, says: RegExp])[] = [
  ['', /must begin with postgres:\/\/, for example/],
  ['mysql://kms@db/kms', /must begin with postgres:/],
  ['postgre://kms@db/kms', /must begin with postgres:/],
  ['POSTGRES://kms@db/kms', /must begin with postgres:/],
  ['postgres:kms@db/kms', /must begin with postgres:/],
  ['host=db user=kms', /must begin with postgres:/],
  [' postgres://kms@db/kms', /must begin with postgres:/],
  // What readers of URLs understand differently.
  ['postgres://kms:xyzzy@a@db/kms', at],
  ['postgres://kms:xyzzy/a@db/kms', at],
  ['postgres://kms:xyzzy?a=b@db/kms', at],
  ['postgres://kms:xy@zzy?xyzzy=b@db/kms', at],
  ['postgres://kms@db/k@s', at],
  ['postgres://db/kms?user=kms&password=xyzzy@', at],
  ['postgres://kms:xyzzy#@db/kms', character],
  ['postgres://kms@db/kms#xyzzy', character],
  ['postgres://kms@db/my keys', character],
  ['postgres://kms@db/kms\n', character],
  ['postgres://kms@db/k\0s', character],
  ['postgres://kms@db/\ud800', character],
  // Percent-encoding.
  ['postgres://%zz@db/kms', encoding],
  ['postgres://kms:xyzzy%@db/kms', encoding],
  ['postgres://kms:xyzzy%1@db/kms', encoding],
  ['postgres://kms:xyzzy%FF@db/kms', encoding],
  ['postgres://kms:%ED%A0%80xyzzy@db/kms', encoding],
  ['postgres://kms@%zz/kms', encoding],
  ['postgres://kms@[%zz]/kms', encoding],
  ['postgres://kms@db:%zz/kms', encoding],
  ['postgres://kms@db/%zz', encoding],
  ['postgres://kms@db?%zz=', encoding],
  ['postgres://kms@db?password=xyzzy%zz', encoding],
  ...['k%00@db/kms', 'k:xyzzy%00@db', 'k@%00/kms', 'k@db:%00', 'k@db/%00', 'k@db?user=%00'].map(
    (rest) => [`postgres://${rest}`, /contains U\+0000 \(%00\), which PostgreSQL cannot/] as const,
  ),
  // Hosts.
  ['postgres://', noHost],
  ['postgres:///kms', noHost],
  ['postgres://kms@', noHost],
  ['postgres://kms:xyzzy@:5432/kms', noHost],
  ['postgres://kms@/kms?host=', noHost],
  ['postgres://kms@,/kms', noHost],
  ['postgres://kms@a,,b/kms', /an empty host among others/],
  ['postgres://kms@/kms?host=a,', /an empty host among others/],
  ['postgres://kms@a/kms?host=b', /names hosts twice: remove the parameter host/],
  ['postgres://kms@a/kms?host=a', /names hosts twice/],
  ['postgres://kms@dä/kms', host],
  ['postgres://kms@a%20b/kms', host],
  ['postgres://kms@a%2Cb/kms', host],
  ['postgres://kms@%2Frun%2Ca/kms', host],
  ['postgres://kms@%40abstract/kms', host],
  ['postgres://kms@run%2Fpostgresql/kms', host],
  ['postgres://kms@/kms?host=[::1]', host],
  [`postgres://kms@${'a'.repeat(254)}/kms`, host],
  ['postgres://kms@[]/kms', brackets],
  ['postgres://kms@[::1/kms', brackets],
  ['postgres://kms@::1]/kms', brackets],
  ['postgres://kms@[::1]z/kms', brackets],
  ['postgres://kms@[200z:db8::1234]/kms', brackets],
  ['postgres://kms@[127.0.0.1]/kms', brackets],
  [`postgres://kms@${many(17)}/kms`, /names more than 16 hosts/],
  [`postgres://kms@/kms?host=${many(17)}`, /names more than 16 hosts/],
  // Ports.
  ['postgres://kms@::1/kms', brackets],
  ['postgres://kms@::1:5432/kms', brackets],
  ['postgres://kms@db:0/kms', port],
  ['postgres://kms@db:65536/kms', port],
  ['postgres://kms@db:-1/kms', port],
  ['postgres://kms@db:1e3/kms', port],
  ['postgres://kms@db/kms?port=a', port],
  // A password with a / or ? that is not encoded: what is before looks like a port.
  ['postgres://kms:xyzzy', port],
  ['postgres://kms@db:1/kms?port=1', /names the port twice: remove the parameter port/],
  ['postgres://kms@a,b:1/kms?port=1,2', /names the port twice/],
  ['postgres://kms@a/kms?port=1,2', /several ports, but not as many as hosts/],
  ['postgres://kms@a,b,c/kms?port=1,2', /several ports, but not as many as hosts/],
  // The role, the password, the database.
  ['postgres://db/kms', noRole],
  ['postgres://@db/kms', noRole],
  ['postgres://:xyzzy@db/kms', noRole],
  ['postgres://db/kms?user=', noRole],
  ['postgres://kms@db/kms?user=kms', /names the role twice: remove the parameter user/],
  ['postgres://kms:xyzzy@db/kms?password=xyzzy', /names the password twice: remove the param/],
  ['postgres://kms@db/kms?dbname=keys', /names the database twice: remove the parameter dbname/],
  // Parameters.
  ['postgres://kms@db?port', pair],
  ['postgres://kms@db?=5432', pair],
  ['postgres://kms@db?port=1&', pair],
  ['postgres://kms@db?port==', pair],
  ['postgres://db?user=kms&password=xyzzy=xyzzy', pair],
  ['postgres://db?user=kms&password=a&xyzzy', pair],
  ['postgres://kms@db?port=1&port=1', /the parameter port more than once/],
  ['postgres://kms@db?port=1&p%6Frt=2', /the parameter port more than once/],
  ['postgres://kms@db?password=xyzzy&password=xyzzy', /the parameter password more than once/],
  ['postgres://kms@db?target_session_attrs=any', /target_session_attrs .* requires a primary/],
  ['postgres://kms@db?target_session_attrs=standby', /than primary or read-write: /],
  ['postgres://kms@db?target_session_attrs=', /than primary or read-write: /],
  ...['ssl', 'sslmode', 'sslrootcert', 'sslnegotiation', 'sslcert', 'sslkey', 'gssencmode'].map(
    (name) => [`postgres://kms@db?${name}=verify-full`, tls] as const,
  ),
  ...[
    'application_name',
    'fallback_application_name',
    'connect_timeout',
    'keepalives',
    'keepalives_idle',
    'keepalives_interval',
    'keepalives_count',
    'options',
    'synchronous_commit',
    'statement_timeout',
  ].map((name) => [`postgres://kms@db?${name}=1`, set] as const),
  ['postgres://kms@db?hostaddr=10.0.0.5', /sets hostaddr: remove it and name the address as the/],
  [
    'postgres://kms@db?Port=1',
    /an unknown parameter Port: it may contain host, port, user, password, dbname, target_session/,
  ],
  ['postgres://kms@db?constructor=1', /an unknown parameter constructor: /],
  ['postgres://kms@db?%0A=1', /an unknown parameter: it may/],
  // What follows an & in a password is not a name to repeat.
  ['postgres://db?user=kms&password=a&xyzzy=1', /an unknown parameter: it may/],
]

function refusalOf(url: string): string {
  try {
    parseDatabaseUrl(url)
  } catch (error) {
    if (error instanceof DatabaseUrlRefused) return error.message
    throw error
  }
  return ''
}

describe('a URL is refused with the way out:', () => {
  for (const [url, says] of refused)
    test(JSON.stringify(url).slice(0, 80), () => {
      const message = refusalOf(url)
      assert.match(message, says)
      assert.ok(!message.includes(word), message)
      assert.match(message, /^the database URL [^\n]*$/)
    })
})

const text = fc.string({ unit: 'binary', minLength: 1 }).filter((one) => !one.includes('\0'))
const encoded = (one: string): string => encodeURIComponent(one)
/** Every byte encoded, as some tools write it. */
const fully = (one: string): string =>
  [...Buffer.from(one)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')

const name = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,20}$/)
const folder = text.filter((one) => !one.includes(',')).map((one) => `/${one}`)
const plain = { noNullPrototype: true }
const hosts = fc.array(
  fc.record(
    {
      host: fc.oneof(name, folder, fc.ipV4(), fc.ipV6()),
      port: fc.integer({ min: 1, max: 65_535 }),
    },
    plain,
  ),
  { minLength: 1, maxLength: 16 },
)
const addresses: fc.Arbitrary<DatabaseAddress> = fc.record(
  { hosts, user: text, password: fc.option(text, { nil: undefined }), database: text },
  plain,
)

/** Everything before the parameters. */
function written({ hosts, user, password, database }: DatabaseAddress, encode = encoded): string {
  const places = hosts.map(({ host, port }) =>
    host.includes(':') && !host.startsWith('/') ? `[${host}]:${port}` : `${encode(host)}:${port}`,
  )
  const secret = password === undefined ? '' : `:${encode(password)}`
  return `postgres://${encode(user)}${secret}@${places.join()}/${encode(database)}`
}

/** Everything in parameters. */
function listed({ hosts, user, password, database }: DatabaseAddress): string {
  const secret = password === undefined ? '' : `&password=${encoded(password)}`
  const places = encoded(hosts.map(({ host }) => host).join())
  const ports = hosts.map(({ port }) => port).join()
  return `postgresql://?dbname=${encoded(database)}&host=${places}&user=${encoded(user)}${secret}&port=${ports}`
}

test('parsing returns the parts that a URL was written from, in each form', () => {
  fc.assert(
    fc.property(addresses, (address) => {
      assert.deepEqual(parseDatabaseUrl(written(address)), address)
      assert.deepEqual(parseDatabaseUrl(written(address, fully)), address)
      assert.deepEqual(parseDatabaseUrl(listed(address)), address)
    }),
  )
})

test('no refusal repeats a part of the password, encoded or not', () => {
  const part = fc.oneof(
    fc.constant(word),
    fc.constantFrom(...'@:/?#&=%[], ', '%zz', 'a', '1', '\0', '\n', 'port=', 'sslmode='),
  )
  const password = fc.array(part, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(password, (one) => {
      for (const url of [
        `postgres://kms:${one}@db.example.com/kms`,
        `postgres://kms:${one}@/kms?host=/run`,
        `postgres://db.example.com/kms?user=kms&password=${one}`,
        `postgres://db.example.com/kms?password=${one}&user=kms`,
        `kms:${one}@db.example.com`,
      ])
        assert.ok(!refusalOf(url).includes(word))
    }),
    { numRuns: 1000 },
  )
})

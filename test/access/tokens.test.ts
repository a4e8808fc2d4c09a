/** Tokens and session tokens: as frozen by the second implementation, and useless anywhere else. */
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import {
  type AuthToken,
  openAuthToken,
  projectOfToken,
  sealAuthToken,
} from '../../src/access/auth-token.ts'
import type { LoadedProject } from '../../src/access/principals.ts'
import {
  csrfTokenOf,
  openSessionToken,
  projectOfSession,
  type SessionToken,
  sealSessionToken,
} from '../../src/access/session-token.ts'
import { Sealer } from '../../src/crypto/keyring.ts'
import { readGolden, unhex } from '../golden/golden.ts'

type Frozen = {
  project: string
  deployment: string
  material: string
  salt: string
  sealed: string
}

function projectOf({ project, deployment, material }: Frozen): LoadedProject {
  const sealer = new Sealer(createSecretKey(unhex(material)), deployment, project, 1)
  return { row: { id: project }, keys: { sealer } } as unknown as LoadedProject
}

const text = ({ sealed }: Frozen): string => Buffer.from(sealed, 'hex').toString('base64url')

test('tokens for X-Auth-Token match the golden file', () => {
  const { tokens } = readGolden<{ tokens: (Frozen & AuthToken)[] }>('auth-token')
  for (const token of tokens) {
    const { userId, userRevision, accessKeyId, issuedAt, expiresAt } = token
    const content = { userId, userRevision, accessKeyId, issuedAt, expiresAt }
    assert.equal(
      sealAuthToken(projectOf(token), content, () => unhex(token.salt)),
      text(token),
    )
    assert.deepEqual(openAuthToken(projectOf(token), text(token)), content)
    assert.equal(projectOfToken(text(token)), token.project)
    assert.equal(
      openSessionToken(projectOf(token), text(token)),
      undefined,
      'a token is not a session',
    )
    assert.equal(projectOfSession(text(token)), undefined)
  }
})

test('session tokens and their CSRF tokens match the golden file', () => {
  const golden = readGolden<{
    tokens: (Frozen & SessionToken)[]
    csrf: { sessionId: string; token: string }[]
  }>('session-token')
  for (const token of golden.tokens) {
    const { sessionId, seenAt } = token
    assert.equal(
      sealSessionToken(projectOf(token), { sessionId, seenAt }, () => unhex(token.salt)),
      text(token),
    )
    assert.deepEqual(openSessionToken(projectOf(token), text(token)), { sessionId, seenAt })
    assert.equal(projectOfSession(text(token)), token.project)
    assert.equal(
      openAuthToken(projectOf(token), text(token)),
      undefined,
      'a session is not a token',
    )
    assert.equal(
      openSessionToken(projectOf({ ...token, deployment: 'f'.repeat(32) }), text(token)),
      undefined,
    )
    assert.equal(
      openSessionToken(
        projectOf({ ...token, material: randomBytes(32).toString('hex') }),
        text(token),
      ),
      undefined,
    )
  }
  for (const { sessionId, token } of golden.csrf) assert.equal(csrfTokenOf(sessionId), token)
})

test('a session token that is changed in any bit, truncated or extended opens nothing', () => {
  const [token] = readGolden<{ tokens: (Frozen & SessionToken)[] }>('session-token').tokens as [
    Frozen & SessionToken,
  ]
  const project = projectOf(token)
  const bytes = Buffer.from(token.sealed, 'hex')
  for (let at = 0; at < bytes.length * 8; at++) {
    const changed = Buffer.from(bytes)
    changed[at >> 3] = (changed[at >> 3] ?? 0) ^ (1 << (at & 7))
    assert.equal(openSessionToken(project, changed.toString('base64url')), undefined)
  }
  for (const other of [
    '',
    ' ',
    `${text(token)}=`,
    text(token).slice(1),
    `${text(token)}AAAA`,
    'x'.repeat(10_000),
  ])
    assert.equal(openSessionToken(project, other), undefined)
})

test('each token has exactly one text: its last character cannot be changed', () => {
  const [token] = readGolden<{ tokens: (Frozen & AuthToken)[] }>('auth-token').tokens as [
    Frozen & AuthToken,
  ]
  const [session] = readGolden<{ tokens: (Frozen & SessionToken)[] }>('session-token').tokens as [
    Frozen & SessionToken,
  ]
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  for (const [one, open] of [
    [token, openAuthToken],
    [session, openSessionToken],
  ] as const) {
    const opening = [...letters].filter(
      (last) => open(projectOf(one), text(one).slice(0, -1) + last) !== undefined,
    )
    assert.deepEqual(opening, [text(one).at(-1)])
  }
})

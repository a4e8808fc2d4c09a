/**
 * Defects that were put into the code by hand, and the tests that must fail with each of them. They
 * are where a check left out would not be noticed from outside.
 */
export type Mutant = {
  /** The defect, as a sentence. */
  readonly name: string
  readonly file: string
  /** Text of the file that is replaced; it occurs once. */
  readonly from: string
  readonly to: string
  /** The tests that guard it; at least one of them must fail. */
  readonly tests: readonly string[]
}

const writer = 'test/runtime/writer.test.ts'
const envelopes = ['test/crypto/envelope.test.ts', 'test/crypto/stored-secrets.test.ts']
const grants = [
  'test/access/authorization.test.ts',
  'test/domain/grants.test.ts',
  'test/engine/grants.test.ts',
]
const rules = ['test/rules/rules.test.ts', 'test/rules/states.test.ts']
const moves = ['test/e2e/storage/move-refused.test.ts']
const wiping = ['test/rules/wiping.test.ts']

export const mutants: readonly Mutant[] = [
  {
    name: 'the first guard of a list is not compared',
    file: 'src/runtime/writer.ts',
    from: 'current = guards.every(',
    to: 'current = guards.slice(1).every(',
    tests: [writer],
  },
  {
    name: 'a decision still counts at the instant until which it holds',
    file: 'src/runtime/writer.ts',
    from: 'now < notAfter',
    to: 'now <= notAfter',
    tests: [writer],
  },
  {
    name: 'what is known of a list of guards stays after a write of the same group',
    file: 'src/runtime/writer.ts',
    from: 'for (const list of this.#lists.keys()) this.#lists.set(list, undefined)',
    to: '',
    tests: [writer],
  },
  {
    name: 'the version that a write expects is not compared',
    file: 'src/runtime/writer.ts',
    from: 'named.version(table, id) === from',
    to: 'named.version(table, id) !== undefined && from !== undefined',
    tests: [writer],
  },
  {
    name: 'two rows of one revision are the same version',
    file: 'src/domain/rows.ts',
    from: 'mac.toHex()',
    to: 'mac.length',
    tests: [writer],
  },
  {
    name: 'the time of a decision ignores the floor',
    file: 'src/runtime/time-keeper.ts',
    from: 'return Math.max(this.#clock.wallNow(), Math.floor(this.#floor))',
    to: 'return this.#clock.wallNow()',
    tests: ['test/runtime/time-keeper.test.ts', writer],
  },
  {
    name: 'the version of an envelope is not compared',
    file: 'src/crypto/envelope.ts',
    from: 'header.version !== expected.version ||',
    to: '',
    tests: envelopes,
  },
  {
    name: 'the purpose of an envelope is not compared',
    file: 'src/crypto/envelope.ts',
    from: 'header.purpose !== expected.purpose ||',
    to: '',
    tests: envelopes,
  },
  {
    name: 'the key ID of an envelope is not compared',
    file: 'src/crypto/envelope.ts',
    from: 'Buffer.compare(header.keyId, expected.keyId) !== 0 ||',
    to: '',
    tests: envelopes,
  },
  {
    name: 'the context is left out of what the tag covers when an envelope is opened',
    file: 'src/crypto/envelope.ts',
    from: 'decipher.setAAD(context)',
    to: '',
    tests: envelopes,
  },
  {
    name: 'the commitment of an envelope is not compared',
    file: 'src/crypto/envelope.ts',
    from: 'if (!timingSafeEqual(commitment, sealed.subarray(derivedFromBytes, headerBytes))) return undefined',
    to: 'timingSafeEqual(commitment, sealed.subarray(derivedFromBytes, headerBytes))',
    tests: envelopes,
  },
  {
    name: 'plaintext whose tag is wrong is not wiped',
    file: 'src/crypto/envelope.ts',
    from: 'using unverified =',
    to: 'const unverified =',
    tests: wiping,
  },
  {
    name: 'a role that takes no grants is not asked',
    file: 'src/access/authorization.ts',
    from: 'isThere && roleTakesGrants(role)',
    to: 'isThere && roleTakesGrants(role) !== undefined',
    tests: grants,
  },
  {
    name: 'a deleted key is still there for a grant',
    file: 'src/access/authorization.ts',
    from: 'const isThere = key !== undefined && key.deletedAt === null',
    to: 'const isThere = key !== undefined',
    tests: grants,
  },
  {
    name: 'the project of a key is not compared',
    file: 'src/access/authorization.ts',
    from: 'isThere && hasRight && key.projectId === project.row.id',
    to: 'isThere && hasRight && project.row.id !== undefined',
    tests: grants,
  },
  {
    name: 'a grant for a domain reaches a user whose ID is the same',
    file: 'src/domain/access/grants.ts',
    from: "return grantee === (granteeType === 'domain' ? domainId : principal)",
    to: "return grantee === principal || (granteeType === 'domain' && grantee === domainId)",
    tests: grants,
  },
  {
    name: 'the key is not among the guards of a refused call',
    file: 'src/engine/engine.ts',
    from: `      guards: guardsOf(task, facts),
      notAfter: turningPoint(task, facts),`,
    to: `      guards: guardsOf(task, { ...facts, found: undefined }),
      notAfter: turningPoint(task, facts),`,
    tests: ['test/engine/grants.test.ts', 'test/engine/decided-again.test.ts', ...rules],
  },
  {
    name: 'a token for a drill is taken for an import',
    file: 'src/engine/material/wrapped-material.ts',
    from: 'if (row.purpose !== purpose)',
    to: 'if (row.purpose !== purpose && row.purpose === undefined)',
    tests: ['test/rules/tokens.test.ts'],
  },
  {
    name: 'the revision of a key stays when it gets a token',
    file: 'src/engine/material/wrapped-material.ts',
    from: "[...dropped.map((one) => deleteRow('importTokens', one)), token, counted]",
    to: "[...dropped.map((one) => deleteRow('importTokens', one)), token]",
    tests: ['test/rules/tokens.test.ts'],
  },
  {
    name: 'a token that is not valid yet is taken',
    file: 'src/engine/material/wrapped-material.ts',
    from: 'now >= expiresAt || isMadeAhead(createdAt, now)',
    to: 'now >= expiresAt || (isMadeAhead(createdAt, now) && createdAt < 0)',
    tests: rules,
  },
  {
    name: 'a repeated request is answered though what it imported is gone',
    file: 'src/engine/material/import.ts',
    from: '    !holdsMaterial ||\n',
    to: '    (!holdsMaterial && false) ||\n',
    tests: rules,
  },
  {
    name: 'the expiry of material does not end a decision to import it',
    file: 'src/engine/material/import.ts',
    from: 'Math.min(token.expiresAt, input.expiresAt ?? token.expiresAt)',
    to: 'token.expiresAt',
    tests: rules,
  },
  {
    name: 'material may be used at the instant of its expiry',
    file: 'src/domain/keys/key-state.ts',
    from: 'now < key.materialExpiresAt',
    to: 'now <= key.materialExpiresAt',
    tests: rules,
  },
  {
    name: 'the expiry of material does not end a decision to use it',
    file: 'src/engine/engine.ts',
    from: 'expiresAt !== null && now < expiresAt ? expiresAt : null',
    to: 'expiresAt !== null && now < expiresAt ? null : null',
    tests: ['test/engine/transfers.test.ts', ...rules],
  },
  {
    name: 'a column that was added later may hold anything',
    file: 'src/crypto/formats/row-mac.ts',
    from: 'known?.later.every((field) => (values[field] ?? null) === null) && row.mac.length === 32',
    to: 'known !== undefined && values !== undefined && row.mac.length === 32',
    tests: ['test/crypto/formats.test.ts'],
  },
  {
    name: 'an access key that was disabled signs in',
    file: 'src/access/schemes/sdk-hmac.ts',
    from: 'accessKey.row.disabled === 1 || user.row.disabled === 1',
    to: 'user.row.disabled === 1',
    tests: ['test/access/schemes.test.ts'],
  },
  {
    name: 'the project of the path is not compared',
    file: 'src/api/call.ts',
    from: 'found.project !== undefined && found.project !== this.caller.project.row.id',
    to: 'found.project === null',
    tests: ['test/e2e/access/authentication.test.ts'],
  },
  {
    name: 'a load that began before a drop is kept',
    file: 'src/runtime/row-cache.ts',
    from: 'return this.#loading.get(id) === load && this.#loading.delete(id)',
    to: 'return load !== undefined && (this.#loading.delete(id) || true)',
    tests: ['test/runtime/row-cache.test.ts'],
  },
  {
    name: 'fresh material of a rotation is not wiped',
    file: 'src/engine/keys/rotation.ts',
    from: 'using material =',
    to: 'const material =',
    tests: wiping,
  },
  {
    name: 'controls that JSON leaves as they are reach a terminal',
    file: 'src/telemetry/readable.ts',
    from: 'const unprintable = /[\\p{Cc}',
    to: 'const unprintable = /[',
    tests: ['test/telemetry/readable.test.ts'],
  },
  {
    name: 'a line of an error can pass for a line of the log',
    file: 'src/telemetry/readable.ts',
    from: "const indent = '    '",
    to: "const indent = ''",
    tests: ['test/telemetry/readable.test.ts'],
  },
  {
    name: 'the material that the console holds is not wiped',
    file: 'console/src/material/holder.ts',
    from: 'wipe(this.#held?.material, this.#backup)',
    to: 'wipe(this.#backup)',
    tests: ['test/console/material/secret-copies.test.ts'],
  },
  {
    name: 'a part of a password that looks like a parameter is shown',
    file: 'src/ports/database-url.ts',
    from: "!pairs.some(([name]) => name === 'password')",
    to: 'pairs.length > 0',
    tests: ['test/ports/database-url.test.ts'],
  },
  {
    name: 'the first of several hosts decides whether the database needs TLS',
    file: 'src/config.ts',
    from: 'const isHere = hosts.every(',
    to: 'const isHere = hosts.slice(0, 1).every(',
    tests: ['test/config.test.ts'],
  },
  {
    name: 'a transaction leaves its durability to the session',
    file: 'src/store/postgres/statements.ts',
    from: "ELSE 'on' END, true)",
    to: "ELSE 'on' END, false)",
    tests: ['test/store/constructs.test.ts'],
  },
  {
    name: 'a scan of all rows begins at an empty text',
    file: 'src/engine/service/integrity-scan.ts',
    from: 'last?.id ?? null',
    to: "last?.id ?? ''",
    tests: ['test/store/constructs.test.ts'],
  },
  {
    name: 'a changed row is locked like one that is only read',
    file: 'src/store/postgres/locks.ts',
    from: 'new Set(changes.map(numberOf))',
    to: 'new Set(changes.slice(changes.length).map(numberOf))',
    tests: ['test/store/locks.test.ts'],
  },
  {
    name: 'a log goes on from whichever head it finds',
    file: 'src/runtime/writer.ts',
    from: 'if (!accepts && !this.#log.mayAdopt) return',
    to: "if (!accepts && this.#log.id === '') return",
    tests: ['test/runtime/epochs.test.ts'],
  },
  {
    name: 'a node looks only at the log that it writes to',
    file: 'src/runtime/writer.ts',
    from: '(accepts ? [] : siblings).find(',
    to: '(accepts ? [] : siblings.slice(siblings.length)).find(',
    tests: ['test/runtime/epochs.test.ts'],
  },
  {
    name: 'a log that went on elsewhere is not missed at a start',
    file: 'src/server/node/marks.ts',
    from: 'length > 0 ? undefined : loss',
    to: 'length > 0 ? loss : undefined',
    tests: ['test/server/marks.test.ts'],
  },
  {
    name: 'a node writes on at a level that it does not know',
    file: 'src/runtime/writer.ts',
    from: 'if (level > newestLevel) throw atNewerLevel(level)',
    to: 'if (level > newestLevel + 9) throw atNewerLevel(level)',
    tests: ['test/runtime/epochs.test.ts'],
  },
  {
    name: 'a level that an operator holds goes up by itself',
    file: 'src/server/node/levels.ts',
    from: 'if (isHeld || level >= this.#newest) return',
    to: 'if (level >= this.#newest) return',
    tests: ['test/server/levels.test.ts'],
  },
  {
    name: 'a schema that is being changed may have any column',
    file: 'src/store/postgres/schema.ts',
    from: 'isAddition === true && own === undefined',
    to: 'isAddition !== undefined && own === undefined',
    tests: ['test/store/steps.test.ts'],
  },
  {
    name: 'records of a log without a head are moved over',
    file: 'src/server/move/whole-check.ts',
    from: 'if (!known.has(log))',
    to: 'if (!known.has(log) && log.length < 1)',
    tests: moves,
  },
  {
    name: 'what is left of a move is deleted although its logs went on',
    file: 'src/server/move/target.ts',
    from: 'treeSize <= (known.get(id)?.treeSize ?? -1)',
    to: 'treeSize > (known.get(id)?.treeSize ?? -1) - 1e9',
    tests: moves,
  },
  {
    name: 'a move that came to its end goes to any empty database',
    file: 'src/server/move/target.ts',
    from: "left === 'nothing' && isLast",
    to: "left === 'nothing' && isLast && heads.length < 1",
    tests: moves,
  },
  {
    name: 'a deployment begins among rows that have none',
    file: 'src/server/deployment.ts',
    from: 'if (await reading(store, holdsAnything))',
    to: 'if ((await reading(store, holdsAnything)) && own !== undefined)',
    tests: moves,
  },
  {
    name: 'records of before an accepted loss are counted',
    file: 'src/projections/own-leaves.ts',
    from: 'if (kept.epoch !== epoch || at < 0)',
    to: 'if (at < 0)',
    tests: ['test/projections/follower.test.ts'],
  },
  {
    name: 'a gap in what a writer kept is not noticed',
    file: 'src/audit/recent-leaves.ts',
    from: '&& known.firstIndex + known.count === firstIndex',
    to: '',
    tests: ['test/audit/recent-leaves.test.ts'],
  },
]

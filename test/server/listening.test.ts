/** Addresses that the system refuses at a start: the reason, and the flag that sets another one. */
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { type ListenFlag, listenAt, NotListening } from '../../src/server/listening.ts'

const refused = (code: string): Error => Object.assign(new Error(`listen ${code}`), { code })

describe('an address that cannot be listened on', () => {
  const table: readonly (readonly [
    given: string,
    flag: ListenFlag,
    host: string,
    code: string,
    says: string,
  ])[] = [
    [
      'taken',
      '--listen',
      '127.0.0.1',
      'EADDRINUSE',
      'another program already listens on 127.0.0.1:8320: stop it, or choose another address with --listen HOST:PORT',
    ],
    [
      'taken, of the metrics, IPv6',
      '--metrics-listen',
      '::1',
      'EADDRINUSE',
      'another program already listens on [::1]:8320: stop it, or choose another address with --metrics-listen HOST:PORT',
    ],
    [
      'reserved for the administrator',
      '--listen',
      '127.0.0.1',
      'EACCES',
      'the system does not let this user listen on 127.0.0.1:8320: choose a port of 1024 or higher with --listen HOST:PORT',
    ],
    [
      'of another machine',
      '--listen',
      '192.0.2.1',
      'EADDRNOTAVAIL',
      '192.0.2.1 is not an address of this machine: choose one that is with --listen HOST:PORT',
    ],
    [
      'a name without an address',
      '--listen',
      'kms.invalid',
      'ENOTFOUND',
      'there is no host kms.invalid: choose an address of this machine with --listen HOST:PORT',
    ],
  ]
  for (const [given, flag, host, code, says] of table)
    test(given, async () => {
      await assert.rejects(
        listenAt(flag, host, 8320, Promise.reject(refused(code))),
        (error: Error) => {
          assert.ok(error instanceof NotListening)
          assert.equal(error.message, says)
          return true
        },
      )
    })

  test('an address of another machine, as the system says it', async () => {
    const listening = new Promise<void>((resolve, reject) => {
      createServer().once('error', reject).listen(8320, '192.0.2.1', resolve)
    })
    await assert.rejects(
      listenAt('--listen', '192.0.2.1', 8320, listening),
      /^Error: 192\.0\.2\.1 is not an address/,
    )
  })

  test('any other error is passed on unchanged, and so is the result', async () => {
    const error = refused('EMFILE')
    await assert.rejects(
      listenAt('--listen', '127.0.0.1', 0, Promise.reject(error)),
      (found) => found === error,
    )
    assert.equal(await listenAt('--listen', '127.0.0.1', 0, Promise.resolve(8320)), 8320)
  })
})

/** The states of the import wizard: what follows when something happens to it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { firstChoices } from '../../../console/src/features/import/choices.ts'
import {
  afterEvent,
  type WizardEvent,
  type WizardState,
  wizardAt,
} from '../../../console/src/features/import/wizard-state.ts'
import type { Facts } from '../../../console/src/material/protocol.ts'

const facts: Facts = {
  spec: 'AES_256',
  sizeBytes: 32,
  checkValue: '0011223344556677',
  fingerprint: null,
  checks: [],
  fit: true,
}
const files = { material: 'AA==', privateKey: null }
const start = wizardAt(firstChoices)
const after = (...events: readonly WizardEvent[]): WizardState => events.reduce(afterEvent, start)

const read: WizardEvent = { kind: 'read', facts }
const lost: WizardEvent = { kind: 'lost' }
const proved: WizardEvent = { kind: 'proved', isProved: true }
const review: WizardEvent = { kind: 'went', to: 'review' }

const table: readonly (readonly [
  name: string,
  events: readonly WizardEvent[],
  expected: Partial<WizardState>,
])[] = [
  ['it begins with the material, which is nowhere', [], { step: 'material', where: 'nowhere' }],
  ['what was read is in the page', [read], { facts, where: 'page', wrapped: undefined }],
  [
    'other material has no proved backup',
    [read, proved, read],
    { facts, isProved: false, where: 'page' },
  ],
  [
    'read material replaces what was wrapped elsewhere',
    [{ kind: 'wrapped', files }, read],
    { wrapped: undefined, where: 'page' },
  ],
  ['what was wrapped elsewhere is wrapped', [{ kind: 'wrapped', files }], { where: 'wrapped' }],
  [
    'a file taken away again leaves nothing',
    [
      { kind: 'wrapped', files },
      { kind: 'wrapped', files: undefined },
    ],
    { wrapped: undefined, where: 'nowhere' },
  ],
  [
    'lost material leads back to its step; what was chosen stays',
    [{ kind: 'chosen', change: { expiry: '90' } }, read, proved, review, lost],
    {
      step: 'material',
      facts: undefined,
      isProved: false,
      where: 'nowhere',
      choices: { ...firstChoices, expiry: '90' },
    },
  ],
  [
    'a refused wrapping is done again',
    [{ kind: 'wrapped', files }, review, { kind: 'refused' }],
    { step: 'material', wrapped: undefined },
  ],
  [
    'what is imported stays imported, even when the page ends',
    [
      read,
      review,
      { kind: 'done', done: { kind: 'imported', expiresAt: null, drilledAt: undefined } },
      lost,
    ],
    { step: 'review', where: 'holdfast', facts },
  ],
  [
    'a drill leaves the material nowhere',
    [read, { kind: 'done', done: { kind: 'drilled', at: 1 } }],
    { where: 'nowhere' },
  ],
]

describe('the import wizard', () => {
  for (const [name, events, expected] of table)
    test(name, () => {
      const state = after(...events)
      for (const [field, value] of Object.entries(expected))
        assert.deepEqual(state[field as keyof WizardState], value, field)
    })
})

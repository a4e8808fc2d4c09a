/**
 * The answers of the admin API as schemas: the OpenAPI document is built from them, and the console
 * derives its types from them. Nothing here knows how an answer is made.
 */
import Type, { type Static } from 'typebox'
import { keyOrigins, keyUsages } from '../../domain/keys/key-specs.ts'
import { keyStates } from '../../domain/keys/key-state.ts'
import { importSteps } from '../../domain/material/import-steps.ts'
import { instant, orNull } from './fields.ts'

export const sessionAnswer = Type.Object({
  user: Type.Object({ id: Type.String(), name: Type.String(), role: Type.String() }),
  project: Type.Object({
    id: Type.String(),
    name: Type.String(),
    domain_id: Type.String(),
    account_id: Type.String(),
    region: Type.String(),
  }),
  must_change_password: Type.Boolean({
    description: 'whether the initial password has to be replaced before anything else',
  }),
  csrf_token: orNull(
    Type.String({
      description: 'to be sent in the header X-Holdfast-Csrf of every call except GET',
    }),
  ),
  expires_at: orNull(instant),
  idle_minutes: Type.Integer({
    description:
      'a session ends after this long without a call; calls with X-Holdfast-Background do not count',
  }),
})

export const keyAnswer = Type.Object({
  id: Type.String(),
  alias: orNull(Type.String()),
  description: Type.String(),
  state: Type.Enum(keyStates),
  disabled: Type.Boolean({ description: 'whether it is disabled, regardless of its state' }),
  spec: Type.String(),
  usage: Type.Enum(keyUsages),
  origin: Type.Enum(keyOrigins),
  permanent: Type.Boolean({
    description: 'whether its material can neither expire nor be deleted by itself',
  }),
  created_at: instant,
  deletion_at: orNull(instant),
  material_version: orNull(Type.Integer()),
  check_value: orNull(
    Type.String({ description: '16 hexadecimal digits; kept when the material is deleted' }),
  ),
  fingerprint: orNull(
    Type.String({ description: 'SHA-256 of the public key (SubjectPublicKeyInfo), hexadecimal' }),
  ),
  imported_at: orNull(instant),
  expires_at: orNull(instant),
  rotation_days: orNull(Type.Integer()),
  next_rotation_at: orNull(instant),
  drilled_at: orNull(instant),
  drilled_by: orNull(Type.String({ description: 'ID of a user' })),
  backup_place: orNull(Type.String()),
  succeeds: orNull(
    Type.String({ description: 'ID of the key that this one is to take over from' }),
  ),
  revision: Type.Integer({ description: 'incremented with every change' }),
})

const calls = Type.Object({
  allowed: Type.Integer(),
  refused: Type.Integer(),
  callers: Type.Integer(),
})

export const cardAnswer = Type.Object({
  ...keyAnswer.properties,
  tags: Type.Array(Type.Object({ key: Type.String(), value: Type.String() })),
  needs_drill: Type.Boolean({ description: 'imported, and no backup of it was verified recently' }),
  last_used_at: orNull(instant),
  last_operation: orNull(Type.String()),
  last_principal: orNull(Type.String({ description: 'ID of a user' })),
  last_day: calls,
  last_month: calls,
})

export const detailsAnswer = Type.Object({
  ...cardAnswer.properties,
  aliases: Type.Array(Type.Object({ alias: Type.String(), created_at: instant }), {
    description: 'further aliases, in addition to the key’s own',
  }),
  grants: Type.Integer({ description: 'how many grants the key has' }),
})

export const choices = Type.Record(
  Type.String({ maxLength: 64 }),
  Type.Union([Type.String({ maxLength: 1400 }), Type.Number(), Type.Boolean(), Type.Null()]),
  { description: 'the choices made so far; never material or a passphrase' },
)

export const importsAnswer = Type.Object({
  total: Type.Integer({ description: 'how many there are in all' }),
  imports: Type.Array(
    Type.Object({
      key: keyAnswer,
      step: orNull(Type.Enum(importSteps)),
      choices: orNull(choices),
      by: orNull(Type.String({ description: 'ID of a user' })),
      updated_at: orNull(instant),
      token_until: orNull(instant),
    }),
  ),
})

const nameOfKey = Type.Object({ id: Type.String(), alias: orNull(Type.String()) })

export const auditAnswer = Type.Object({
  records: Type.Array(
    Type.Object({
      index: Type.Integer({ description: 'place in the log of the node' }),
      time: instant,
      node: Type.String(),
      request_id: Type.String(),
      dialect: Type.String(),
      operation: Type.String(),
      caller: orNull(Type.String()),
      source: Type.String(),
      key_id: orNull(Type.String()),
      material_version: orNull(Type.Integer()),
      outcome: Type.String(),
      count: Type.Integer(),
      detail: orNull(Type.String()),
    }),
  ),
  next: orNull(Type.String({ description: 'pass it as before to get the next page' })),
  searched_to: orNull(
    Type.Integer({
      description: 'where the search paused before it found enough, milliseconds since 1970',
    }),
  ),
  hidden: Type.Integer({
    description: 'matching calls left out of this page because reads are hidden',
  }),
  with_strangers: Type.Boolean({
    description:
      'whether records without a project were searched, including those of unknown callers',
  }),
  key_known: Type.Boolean({
    description: 'false if key_id is neither an alias nor the beginning of an ID',
  }),
})

export const callsAnswer = Type.Object({
  width: Type.Integer({ description: 'milliseconds that each count stands for' }),
  from: instant,
  to: instant,
  counts: Type.Array(
    Type.Object({
      at: instant,
      calls: Type.Record(Type.String(), Type.Record(Type.String(), Type.Integer()), {
        description: 'by operation, then by outcome',
      }),
    }),
  ),
})

export const overviewAnswer = Type.Object({
  findings: Type.Array(
    Type.Object({
      severity: Type.String(),
      kind: Type.String(),
      key: orNull(nameOfKey),
      at: orNull(instant),
      calls: Type.Integer(),
      count: orNull(Type.Integer()),
      name: orNull(Type.String()),
      others: orNull(Type.Integer({ description: 'how many more there are than the one named' })),
      is_least: Type.Boolean({ description: 'whether count is a lower bound' }),
    }),
  ),
  keys: Type.Array(
    Type.Object({
      spec: Type.String(),
      usage: Type.String(),
      origin: Type.String(),
      state: Type.String(),
      count: Type.Integer(),
    }),
  ),
  busiest: Type.Array(
    Type.Object({ key: nameOfKey, calls: Type.Integer(), last_used_at: orNull(instant) }),
  ),
  timeline: Type.Array(Type.Object({ at: instant, kind: Type.String(), key: nameOfKey })),
  root_slots: Type.Integer(),
  unfinished_imports: Type.Integer(),
  drill_days: Type.Integer(),
})

export const systemAnswer = Type.Object({
  version: Type.String(),
  now: instant,
  deployment_id: Type.String(),
  created_at: instant,
  root_slots: Type.Array(Type.Object({ kind: Type.String(), created_at: instant })),
  nodes: Type.Array(
    Type.Object({
      id: Type.String(),
      version: Type.String(),
      address: Type.String({ description: 'where it listens' }),
      started_at: instant,
      seen_at: instant,
      stopped_at: orNull(instant),
    }),
    { description: 'the nodes of the last month, the one seen last first' },
  ),
  audit_records: Type.Integer(),
  settings: Type.Object({
    import_token_hours: Type.Number(),
    material_checks: Type.String(),
    drill_days: Type.Integer(),
    max_keys: Type.Integer(),
    public_url: orNull(
      Type.String({
        description: 'address for clients if a proxy is in front of this server',
      }),
    ),
  }),
})

export const accessKeyAnswer = Type.Object({
  id: Type.String(),
  created_at: instant,
  enabled: Type.Boolean(),
})
export const newAccessKeyAnswer = Type.Object({
  ...accessKeyAnswer.properties,
  secret: Type.String({ description: 'SK, shown only once' }),
})

export const peopleAnswer = Type.Object({
  people: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      role: Type.String(),
      enabled: Type.Boolean(),
      created_at: instant,
    }),
  ),
})

export type SessionAnswer = Static<typeof sessionAnswer>
export type KeyAnswer = Static<typeof keyAnswer>
export type CardAnswer = Static<typeof cardAnswer>
export type DetailsAnswer = Static<typeof detailsAnswer>
export type ImportsAnswer = Static<typeof importsAnswer>
export type Choices = Static<typeof choices>
export type AuditAnswer = Static<typeof auditAnswer>
export type CallsAnswer = Static<typeof callsAnswer>
export type OverviewAnswer = Static<typeof overviewAnswer>
export type SystemAnswer = Static<typeof systemAnswer>
export type AccessKeyAnswer = Static<typeof accessKeyAnswer>
export type PeopleAnswer = Static<typeof peopleAnswer>

/** The audit log, searched; and the figures that are read out of it. */
import Type from 'typebox'
import { operation } from '../../calls/operation.ts'
import { type AuditPage, countCalls, keyActivity, projectOverview, searchAudit } from '../../engine/reports.ts'
import { auditAnswer, callsAnswer, overviewAnswer } from './answers.ts'
import { countText, instantText, keyId, readLimit } from './fields.ts'

const limits = { most: 500, usual: 50 } as const

const filters = {
  operation: Type.Optional(Type.String({ maxLength: 64 })),
  caller: Type.Optional(Type.String({ maxLength: 64, description: 'ID of a user' })),
  outcome: Type.Optional(Type.String({ maxLength: 64, description: 'ok, refused, or the code of a refusal' })),
  from: Type.Optional(instantText),
  to: Type.Optional(instantText),
  before: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$', description: 'next of the page before' })),
  limit: Type.Optional(countText),
}
type Filters = { readonly [name in keyof typeof filters]?: string }

function queryOf({ operation: name, caller, outcome, from, to, before, limit }: Filters) {
  const size = readLimit(limit, limits)
  const number = (text: string | undefined): number | null => (text === undefined ? null : Number(text))
  return {
    operation: name ?? null,
    principal: caller ?? null,
    outcome: outcome ?? null,
    from: number(from),
    to: number(to),
    before: number(before),
    limit: size,
  }
}

function pageBody({ records, next, searchedTo }: AuditPage): object {
  return {
    records: records.map((line) => ({
      index: line.index,
      time: line.timeMs,
      node: line.node,
      request_id: line.requestId,
      dialect: line.dialect,
      operation: line.operation,
      caller: line.principal,
      source: line.source,
      key_id: line.keyId,
      material_version: line.materialVersion,
      outcome: line.outcome,
      count: line.count,
      detail: line.detail,
    })),
    next,
    searched_to: searchedTo,
  }
}

const spans = {
  day: { widthMs: 300_000, ms: 86_400_000 },
  week: { widthMs: 3_600_000, ms: 7 * 86_400_000 },
  month: { widthMs: 3_600_000, ms: 30 * 86_400_000 },
} as const

export const auditOperations = {
  search: operation({
    fields: Type.Object({ ...filters, key_id: Type.Optional(keyId) }),
    answer: auditAnswer,
    command: searchAudit,
    read: ({ key_id, ...rest }) => ({ ...queryOf(rest), keyId: key_id ?? null }),
    write: pageBody,
  }),
  activity: operation({
    fields: Type.Object({ ...filters, key_id: keyId }),
    answer: auditAnswer,
    command: keyActivity,
    read: ({ key_id, ...rest }) => ({ ...queryOf(rest), keyId: key_id }),
    write: pageBody,
  }),
  calls: operation({
    fields: Type.Object({ span: Type.Enum(['day', 'week', 'month']) }),
    answer: callsAnswer,
    command: countCalls,
    read: ({ span }) => ({ widthMs: spans[span].widthMs, spanMs: spans[span].ms }),
    write: ({ widthMs, from, to, counts }) => ({
      width: widthMs,
      from,
      to,
      counts: counts.map(({ startsAt, counts: calls }) => ({ at: startsAt, calls })),
    }),
  }),
  overview: operation({
    fields: Type.Object({}),
    answer: overviewAnswer,
    command: projectOverview,
    read: () => ({}),
    write: ({ care, keys, busiest, timeline, rootSlots, unfinishedImports, drillDays }) => ({
      care: care.map(({ key, ...rest }) => ({ ...rest, key: key && { id: key.id, alias: key.alias } })),
      keys,
      busiest: busiest.map(({ key, calls, lastUsedAt }) => ({ key, calls, last_used_at: lastUsedAt })),
      timeline,
      root_slots: rootSlots,
      unfinished_imports: unfinishedImports,
      drill_days: drillDays,
    }),
  }),
}

/** The audit log, searched, and the figures derived from it. */
import Type from 'typebox'
import { operation } from '../../api/operation.ts'
import { checkInstant } from '../../domain/instants.ts'
import { placesPattern } from '../../domain/log-places.ts'
import {
  type AuditResult,
  countCalls,
  keyActivity,
  projectOverview,
  searchAudit,
} from '../../engine/reports.ts'
import { auditAnswer, callsAnswer, overviewAnswer } from './answers.ts'
import { countText, instantText, keyId, readLimit } from './fields.ts'

const limits = { most: 500, usual: 50 } as const

const list = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 2000, description }))

const filters = {
  operation: list('names of operations as in records, separated by commas'),
  caller: list('IDs of users or their beginnings, unknown, or service, separated by commas'),
  outcome: list('ok, refused, or codes of refusals, separated by commas'),
  from: Type.Optional(instantText),
  to: Type.Optional(instantText),
  before: Type.Optional(
    Type.String({
      pattern: placesPattern,
      maxLength: 20_000,
      description: 'next from the previous page',
    }),
  ),
  limit: Type.Optional(countText),
  reads: Type.Optional(
    Type.Enum(['shown', 'hidden'], {
      description: 'reads that consoles make to show their pages; shown unless set to hidden',
    }),
  ),
}
type Filters = { readonly [name in Exclude<keyof typeof filters, 'reads'>]?: string } & {
  readonly reads?: 'shown' | 'hidden'
}

function queryOf({
  operation: operations,
  caller,
  outcome,
  from,
  to,
  before,
  limit,
  reads = 'shown',
}: Filters) {
  const size = readLimit(limit, limits)
  const number = (text: string | undefined): number | null =>
    text === undefined ? null : Number(text)
  const instant = (field: string, text: string | undefined): number | null => {
    if (text !== undefined) checkInstant(field, Number(text))
    return number(text)
  }
  const named = (text: string | undefined): readonly string[] | null => text?.split(',') ?? null
  return {
    operations: named(operations),
    principals: named(caller),
    outcomes: named(outcome),
    from: instant('from', from),
    to: instant('to', to),
    before: before ?? null,
    limit: size,
    hidesReads: reads === 'hidden',
  }
}

function pageBody({
  records,
  next,
  searchedTo,
  hidden,
  withStrangers,
  isKeyKnown,
}: AuditResult): object {
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
    hidden,
    with_strangers: withStrangers,
    key_known: isKeyKnown,
  }
}

const spans = {
  day: { widthMs: 300_000, ms: 86_400_000 },
  week: { widthMs: 3_600_000, ms: 7 * 86_400_000 },
  month: { widthMs: 3_600_000, ms: 30 * 86_400_000 },
} as const

export const auditOperations = {
  search: operation({
    fields: Type.Object({
      ...filters,
      key_id: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 255,
          description:
            'ID of a key or its beginning, or an alias, which means the key that has it now',
        }),
      ),
    }),
    answer: auditAnswer,
    command: searchAudit,
    read: ({ key_id, ...rest }) => ({ ...queryOf(rest), key: key_id ?? null }),
    write: pageBody,
  }),
  activity: operation({
    fields: Type.Object({ ...filters, key_id: keyId }),
    answer: auditAnswer,
    command: keyActivity,
    read: ({ key_id, ...rest }) => ({ ...queryOf(rest), key: key_id }),
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
    write: ({ findings, keys, busiest, timeline, rootSlots, unfinishedImports, drillDays }) => ({
      findings: findings.map(({ key, isLeast, ...rest }) => ({
        ...rest,
        is_least: isLeast,
        key: key && { id: key.id, alias: key.alias },
      })),
      keys,
      busiest: busiest.map(({ key, calls, lastUsedAt }) => ({
        key,
        calls,
        last_used_at: lastUsedAt,
      })),
      timeline,
      root_slots: rootSlots,
      unfinished_imports: unfinishedImports,
      drill_days: drillDays,
    }),
  }),
}

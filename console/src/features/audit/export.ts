/** Audit records as files. */
import { instantText } from '../../../../src/domain/instants.ts'
import type { AuditRecord } from '../../api/admin.ts'

const columns = [
  'index',
  'time',
  'node',
  'request_id',
  'dialect',
  'operation',
  'caller',
  'source',
  'key_id',
  'material_version',
  'outcome',
  'count',
  'detail',
] as const satisfies readonly (keyof AuditRecord)[]

export function auditJson(records: readonly AuditRecord[]): string {
  return `${JSON.stringify(
    records.map((record) => ({ ...record, time: instantText(record.time) })),
    undefined,
    2,
  )}\n`
}

/** RFC 4180. A cell that a spreadsheet would take for a formula begins with an apostrophe. */
export function auditCsv(records: readonly AuditRecord[]): string {
  const cell = (value: unknown): string => {
    const text = String(value ?? '')
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  const rows = records.map((record) =>
    columns
      .map((name) => cell(name === 'time' ? instantText(record.time) : record[name]))
      .join(','),
  )
  return `${[columns.join(','), ...rows].join('\r\n')}\r\n`
}

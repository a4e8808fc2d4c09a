/** The service itself: its version and its settings. */
import Type from 'typebox'
import { operation } from '../../api/operation.ts'
import { describeService } from '../../engine/service/service.ts'
import { systemAnswer } from './answers.ts'

export const systemOperation = operation({
  fields: Type.Object({}),
  answer: systemAnswer,
  command: describeService,
  read: () => ({}),
  write: ({ version, now, deployment, rootSlots, nodes, auditRecords, settings }) => ({
    version,
    now,
    deployment_id: deployment.id,
    created_at: deployment.createdAt,
    root_slots: rootSlots.map(({ kind, createdAt }) => ({ kind, created_at: createdAt })),
    nodes: nodes.map(({ id, version: release, address, startedAt, seenAt, stoppedAt }) => ({
      id,
      version: release,
      address,
      started_at: startedAt,
      seen_at: seenAt,
      stopped_at: stoppedAt,
    })),
    audit_records: auditRecords,
    settings: {
      import_token_hours: settings.importTokenMs / 3_600_000,
      material_checks: settings.materialChecks,
      drill_days: settings.drillDays,
      max_keys: settings.maxKeysPerProject,
      public_url: settings.publicUrl,
    },
  }),
})

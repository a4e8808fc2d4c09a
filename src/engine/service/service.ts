/** Information about the service itself, for its operators. */

import { dayMs } from '../../domain/keys/key-use.ts'
import type { DeploymentRow, NodeRow, RootSlotRow } from '../../domain/rows.ts'
import type { EngineSettings, ProjectCommand } from '../command.ts'

export type ServiceView = {
  readonly version: string
  readonly now: number
  readonly deployment: Pick<DeploymentRow, 'id' | 'createdAt'>
  readonly rootSlots: readonly Pick<RootSlotRow, 'kind' | 'createdAt'>[]
  readonly auditRecords: number
  /** Those that were there in the last month, the one seen last first. */
  readonly nodes: readonly NodeRow[]
  readonly settings: EngineSettings
}

export const describeService: ProjectCommand<Record<never, never>, ServiceView> = {
  name: 'describe-service',
  right: 'read',
  async run({ reader, settings, now }) {
    const [deployment] = await reader.scan('deployments', null, 1)
    if (deployment === undefined) throw new TypeError('a running service must have a deployment')
    const nodes = await reader.scan('nodes', null, 200)
    const rootSlots = await reader.scan('rootSlots', null, 100)
    return {
      result: {
        version: settings.version,
        now,
        deployment,
        rootSlots,
        nodes: nodes
          .filter(({ seenAt }) => seenAt > now - 30 * dayMs)
          .toSorted((a, b) => b.seenAt - a.seenAt),
        auditRecords: await reader.auditRecords(),
        settings,
      },
    }
  },
}

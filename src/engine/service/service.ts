/** Information about the service itself, for its operators. */
import type { DeploymentRow, RootSlotRow } from '../../domain/rows.ts'
import type { EngineSettings, ProjectCommand } from '../command.ts'

export type ServiceView = {
  readonly version: string
  readonly now: number
  readonly deployment: Pick<DeploymentRow, 'id' | 'createdAt'>
  readonly rootSlots: readonly Pick<RootSlotRow, 'kind' | 'createdAt'>[]
  readonly auditRecords: number
  readonly settings: EngineSettings
}

export const describeService: ProjectCommand<Record<never, never>, ServiceView> = {
  name: 'describe-service',
  right: 'read',
  async run({ reader, settings, now }) {
    const [deployment] = await reader.scan('deployments', null, 1)
    if (deployment === undefined) throw new TypeError('a running service must have a deployment')
    const rootSlots = await reader.scan('rootSlots', null, 100)
    return {
      result: {
        version: settings.version,
        now,
        deployment,
        rootSlots,
        auditRecords: await reader.auditRecords(),
        settings,
      },
    }
  },
}

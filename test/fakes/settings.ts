/** Settings of an engine in a test that is not about them. */
import type { EngineSettings } from '../../src/engine/command.ts'

const day = 86_400_000

export const settings: EngineSettings = {
  version: 'test',
  publicUrl: null,
  materialChecks: 'refuse',
  importTokenMs: day,
  authTokenMs: day,
  maxKeysPerProject: 1000,
  drillDays: 90,
  sessionIdleMs: day,
  sessionMs: day,
}

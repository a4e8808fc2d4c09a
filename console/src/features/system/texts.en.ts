/** The system page. */
export const systemTexts = {
  system: {
    auditRecords: 'Audit records',
    checks: 'Weak symmetric material',
    checksRefuse: 'is refused',
    checksWarn: 'is accepted with a warning in the log',
    clock: 'Clock of the server',
    deployment: 'Deployment ID',
    drillDays: 'A backup drill counts for',
    health: 'Health',
    hours_one: '{count} hour',
    hours_other: '{count} hours',
    maxKeys: 'Keys a project may hold',
    notReady: 'Not ready:',
    ready: 'Ready',
    service: 'Service',
    settings: 'Settings',
    slotKind: 'Kind',
    version: 'Version',
    tokenHours: 'An import token is valid for',
  },
} as const

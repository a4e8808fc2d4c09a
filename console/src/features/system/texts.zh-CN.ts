/** 系统页面。 */
export const systemTexts = {
  system: {
    auditRecords: '审计记录数',
    checks: '弱对称密钥材料',
    checksRefuse: '拒绝',
    checksWarn: '接受，并在日志中告警',
    clock: '服务器时钟',
    deployment: '部署ID',
    drillDays: '备份演练有效期',
    health: '健康状况',
    hours_other: '{count} 小时',
    maxKeys: '每个项目的密钥数量上限',
    notReady: '未就绪：',
    ready: '就绪',
    service: '服务',
    settings: '设置',
    slotKind: '类型',
    version: '版本',
    tokenHours: '导入令牌有效期',
  },
} as const

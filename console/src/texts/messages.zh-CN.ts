/** 措辞已定的消息。 */
export const messages = {
  noKeys: '还没有密钥。请创建密钥，或导入您自己的密钥。',
  noMaterial: '该密钥没有密钥材料，暂时无法使用。请导入密钥材料。',
  everyByteSame: '所有字节都相同，极易被猜出。请使用随机源生成密钥材料。',
  bytesRepeat: '同样的 {n} 个字节反复出现。请使用随机源生成密钥材料。',
  bytesCount: '字节按顺序递增或递减。请使用随机源生成密钥材料。',
  readableText: '这是可读文本，而非随机字节。如果它是口令或经过编码的密钥，请选择读取方式。',
  otherMaterial:
    '该密钥与首次导入的密钥材料永久关联，当前材料与之不同。请使用校验值为 {cv} 的备份，或创建新密钥。',
  privateKeyHeld: '本项目中已有其他密钥持有该私钥。一个私钥只能属于一个密钥。',
  privateKeyHeldBy: '本项目中的密钥 {alias} 已持有该私钥。一个私钥只能属于一个密钥。',
  tokenExpired:
    '导入令牌已于 {time} 失效。新的导入令牌已就绪，请使用新的包装密钥重新包装密钥材料。',
  tokenInvalid: '该导入令牌属于其他密钥或已被使用。请在本页重新获取。',
  notUnwrapped: '无法使用该密钥的包装密钥解开此文件。常见原因如下。',
  privateKeyUnsafe: '该私钥不安全：{reason}。请重新生成密钥对。',
  expiryMeans:
    '到达该时间后，所有操作立即停止，密钥材料将在 10 秒内清除。密钥及其别名、标签和授权保留。重新导入相同的密钥材料即可继续使用。',
  noExpiryForPermanent: '{spec} 密钥永久有效，不能设置失效时间。',
  timePassed: '该时间已过。请选择更晚的时间，或选择“永不失效”。',
  imported: '{alias} 已启用。校验值 {cv}。',
  backupMatches: '备份与密钥一致。未导入任何内容，演练已记录。',
  backupDiffers:
    '该备份与 {alias} 不一致：备份校验值为 {a}，密钥校验值为 {b}。密钥未发生变化。请立即查找其他备份。',
  copiesOverwritten: '本页已覆盖其持有的密钥材料副本。关于网页无法清除的内容，请查看详情。',
  permanentMaterial: '{spec} 密钥的密钥材料不能手动删除。如不再使用该密钥，请计划删除。',
  materialMadeHere: '由 Holdfast 生成的密钥材料不能手动删除。请禁用密钥，或计划删除密钥。',
  singleRootSlot:
    '当前只有一个根密钥槽。一旦丢失，所有密钥和备份都将无法恢复。请将打开它所需的根密钥文件或口令另存一份，并妥善保管。',
  importedDoNotRotate:
    '导入的密钥不支持轮换。请创建后继密钥：新密钥使用新的密钥材料，别名会转移给它。',
  materialExpired: '密钥材料已于 {time} 失效并清除。请重新导入相同的密钥材料。',
  disabled: '{alias} 已禁用。未清除任何内容。',
  deletionScheduled: '{alias} 将于 {date} 删除。在此之前可以取消删除。',
  deletionCancelled: '已取消删除。{alias} 当前状态为“{status}”。',
  materialDeleted: '{alias} 的密钥材料已删除，状态为“等待导入”。只有相同的密钥材料才能恢复使用。',
  noConnection: '无法连接 Holdfast。您输入的内容已保留，{n} 秒后重试。',
  signedOut:
    '由于 {n} 分钟没有操作，您已自动退出登录。重新登录后可继续；输入的内容已保留，密钥材料除外。',
  noSuchPage: '该页面或密钥不存在，或您的角色无权查看。',
  changedMeanwhile: '{who} 于 {time} 更改了 {alias}，您的操作未生效。请查看最新状态后再决定。',
  auditUnavailable:
    '审计日志无法写入，Holdfast 已拒绝此次调用，未执行任何操作。请联系运维人员，请求ID：{id}。',
  credentialsWrong: '用户名、密码或项目错误。',
  notACiphertext: '这不是 Holdfast 密文，或内容不完整。未使用任何密钥。',
} as const

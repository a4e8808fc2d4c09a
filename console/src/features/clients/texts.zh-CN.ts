/** 客户端配置。 */
export const clientTexts = {
  clients: {
    title: '配置客户端',
    client: '客户端',
    commandLine: '命令行',
    javascript: 'JavaScript',
    python: 'Python',
    go: 'Go',
    java: 'Java',
    sops: 'SOPS',
    terraform: 'Terraform',
    otc: 'OTC',
    environment: '在该文件所在的文件夹中',
    trust: '如果计算机不信任服务器证书（ca.pem 为签发者的证书）',
    program: '然后',
    programOf: '然后（{n}/{count}）',
    sopsKey: 'KEY 为 AES_256 密钥的 ID。',
  },
} as const

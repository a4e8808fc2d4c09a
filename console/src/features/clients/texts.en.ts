/** Setting up clients. */
export const clientTexts = {
  clients: {
    title: 'Set up a client',
    client: 'Client',
    commandLine: 'Command line',
    javascript: 'JavaScript',
    python: 'Python',
    go: 'Go',
    java: 'Java',
    sops: 'SOPS',
    terraform: 'Terraform',
    otc: 'OTC',
    environment: 'In the folder with the file',
    trust:
      'If the computer does not trust the server’s certificate: ca.pem is the certificate of its issuer',
    program: 'Then',
    programOf: 'Then, {n} of {count}',
    sopsKey: 'KEY is the ID of an AES_256 key.',
  },
} as const

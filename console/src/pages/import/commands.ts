/** The commands that wrap material for one key, to be typed on the computer that holds it. */
import type { KeyCard } from '../../api/admin.ts'
import { isPair } from '../key/kinds.ts'

export const tools = ['openssl', 'pkcs11', 'holdfast'] as const
export type Tool = (typeof tools)[number]

const oaep = '-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256'

export function wrapCommands(tool: Tool, { id, spec }: KeyCard): string {
  const encrypt = (from: string, to: string): string =>
    `openssl pkeyutl -encrypt -pubin -keyform DER -inkey wrap-${id}.der \\\n  -in ${from} -out ${to} ${oaep}`
  switch (tool) {
    case 'openssl':
      if (!isPair(spec)) return encrypt('material.bin', 'wrapped.bin')
      return [
        'openssl pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key.der',
        'openssl rand -out temporary.key 32',
        encrypt('temporary.key', 'wrapped.bin'),
        "openssl enc -id-aes256-wrap-pad -K $(od -An -v -tx1 temporary.key | tr -d ' \\n') -iv A65959A6 \\\n  -in key.der -out wrapped-key.bin",
      ].join('\n')
    case 'pkcs11': {
      const module = 'pkcs11-tool --module $MODULE --login'
      const key = `${module} --write-object wrap-${id}.der --type pubkey --id 02 --usage-wrap`
      const wrap = `${module} --wrap --mechanism RSA-PKCS-OAEP --hash-algorithm SHA256 --mgf MGF1-SHA256 \\\n  --id 02 --application-id 01 --output-file wrapped.bin`
      if (!isPair(spec)) return `${key}\n${wrap}`
      return [
        key,
        `${module} --keygen --key-type AES:32 --id 03 --extractable`,
        wrap.replace('--application-id 01', '--application-id 03'),
        `${module} --wrap --mechanism AES-KEY-WRAP-KWP --id 03 --application-id 01 --output-file wrapped-key.bin`,
      ].join('\n')
    }
    case 'holdfast':
      return `holdfast material wrap --parameters parameters-${id}.json --spec ${spec} \\\n  --material ${isPair(spec) ? 'key.pem' : 'material.bin'} --out wrapped.json`
  }
}

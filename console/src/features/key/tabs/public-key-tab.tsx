/** The public key as PEM and JWK, with the SHA-256 of its SubjectPublicKeyInfo. */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../../api/admin.ts'
import * as kms from '../../../api/kms.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { CopyButton } from '../../../parts/controls/copy.tsx'
import { Fingerprint } from '../../../parts/data/check-value.tsx'
import { CodeBlock } from '../../../parts/data/code-block.tsx'
import { download } from '../../../parts/data/download.ts'
import { Banner } from '../../../parts/page/banner.tsx'
import { Facts, Panel } from '../../../parts/page/panel.tsx'
import { Loaded } from '../../../parts/page/states.tsx'
import { nameOf } from '../key-name.ts'
import { specOf } from '../kinds.ts'

const curves: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
}

type Shown = {
  readonly pem: string
  readonly fingerprint: string
  readonly jwk: string | undefined
}

/** What WebCrypto makes of it; a key that it does not know has no JWK here. */
async function shownForms(pem: string, specName: string): Promise<Shown> {
  const der = Uint8Array.fromBase64(pem.replaceAll(/-----[^-]+-----|\s/g, ''))
  const fingerprint = new Uint8Array(await crypto.subtle.digest('SHA-256', der)).toHex()
  const spec = specOf(specName)
  const curve = spec?.kind === 'ec' ? curves[spec.curve] : undefined
  const algorithm =
    spec?.kind === 'rsa'
      ? { name: 'RSA-OAEP', hash: 'SHA-256' }
      : curve !== undefined
        ? { name: 'ECDSA', namedCurve: curve }
        : spec?.kind === 'ed'
          ? { name: 'Ed25519' }
          : undefined
  if (algorithm === undefined) return { pem, fingerprint, jwk: undefined }
  try {
    const key = await crypto.subtle.importKey(
      'spki',
      der,
      algorithm,
      true,
      spec?.kind === 'rsa' ? ['encrypt'] : ['verify'],
    )
    const { kty, n, e, crv, x, y } = await crypto.subtle.exportKey('jwk', key)
    return { pem, fingerprint, jwk: JSON.stringify({ kty, n, e, crv, x, y }, undefined, 2) }
  } catch {
    return { pem, fingerprint, jwk: undefined }
  }
}

export function PublicKeyTab({ item }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  const hasMaterial = item.material_version !== null
  const found = useQuery({
    queryKey: ['key', item.id, 'public-key'],
    queryFn: async () => shownForms(await kms.publicKey(item.id), item.spec),
    enabled: hasMaterial,
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: false,
  })
  if (!hasMaterial)
    return (
      <Banner tone="info">
        <p>{t('publicKey.none')}</p>
      </Banner>
    )
  return (
    <Loaded of={found} rows={6}>
      {({ pem, fingerprint, jwk }) => (
        <div className="stack wide">
          <Panel title={t('words.publicKey')}>
            <Facts
              facts={[{ name: t('publicKey.sha256'), value: <Fingerprint hex={fingerprint} /> }]}
            />
          </Panel>
          <Form
            name="PEM"
            text={pem}
            file={`holdfast-${nameOf(item)}.pem`}
            type="application/x-pem-file"
          />
          {jwk !== undefined && (
            <Form
              name="JWK"
              text={jwk}
              file={`holdfast-${nameOf(item)}.jwk.json`}
              type="application/json"
            />
          )}
        </div>
      )}
    </Loaded>
  )
}

type FormProps = {
  readonly name: string
  readonly text: string
  readonly file: string
  readonly type: string
}

function Form({ name, text, file, type }: FormProps) {
  const { t } = useTranslation()
  return (
    <Panel
      title={name}
      actions={
        <>
          <CopyButton value={text} name={name} />
          <Button small icon="download" onClick={() => download(file, type, text)}>
            {t('common.downloadName', { name })}
          </Button>
        </>
      }
    >
      <CodeBlock label={name} text={text} />
    </Panel>
  )
}

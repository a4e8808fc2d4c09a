/**
 * Which key opens this? The clear header of a ciphertext is read in the page; nothing is decrypted,
 * nothing is sent to a key.
 */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { describeKey } from '../../api/admin.ts'
import { ButtonLink } from '../../parts/controls/button.tsx'
import { AreaField } from '../../parts/controls/field.tsx'
import { wholeNumber } from '../../parts/data/format.ts'
import { Status } from '../../parts/data/status.tsx'
import { Banner } from '../../parts/page/banner.tsx'
import { Page } from '../../parts/page/page.tsx'
import { Facts, Panel } from '../../parts/page/panel.tsx'
import { Loading } from '../../parts/page/states.tsx'
import { nameOf } from '../key/key-name.ts'
import { decodeText, type EnvelopeHeader, readEnvelope } from './envelope.ts'
import { pastedCiphertext } from './pasted.ts'

const suites = { 1: 'AES-256-GCM', 3: 'SM4-GCM' } as const

// biome-ignore lint/style/noDefaultExport: React.lazy takes the default export of a page.
export default function IdentifyPage() {
  const { t } = useTranslation()
  const [text, setText] = useState(() => pastedCiphertext.get())
  const bytes = text.trim() === '' ? undefined : decodeText(text)
  const header = bytes && readEnvelope(bytes)
  return (
    <Page title={t('identify.title')} crumbs={[{ href: '/try', label: t('nav.try') }]}>
      <div className="form-page stack wide">
        <AreaField
          label={t('identify.paste')}
          hint={t('identify.hint')}
          className="input area mono"
          rows={6}
          value={text}
          onChange={(event) => {
            setText(event.target.value)
            pastedCiphertext.set('')
          }}
        />
        <div role="status">
          {text.trim() !== '' && header === undefined && (
            <Banner tone="warning">
              <p>{t('message.notACiphertext')}</p>
            </Banner>
          )}
        </div>
        {header !== undefined && <Found header={header} />}
      </div>
    </Page>
  )
}

function Found({ header }: { readonly header: EnvelopeHeader }) {
  const { t } = useTranslation()
  const found = useQuery({
    queryKey: ['key', header.keyId],
    queryFn: () => describeKey(header.keyId),
    refetchInterval: false,
  })
  return (
    <Panel title={t('identify.found')}>
      <Facts
        facts={[
          {
            name: t('identify.format'),
            value: t('identify.formatValue', {
              format: header.format,
              suite: suites[header.suite],
            }),
          },
          { name: t('identify.content'), value: t(`identify.purpose.${header.purpose}`) },
          {
            name: t('words.key'),
            value: found.data ? (
              <span className="line">
                <span className="break">{nameOf(found.data)}</span>{' '}
                <Status state={found.data.state} />
              </span>
            ) : found.isPending ? (
              <Loading rows={0} />
            ) : (
              t('message.noSuchPage')
            ),
            more: <span className="mono break">{header.keyId}</span>,
          },
          { name: t('words.version'), value: wholeNumber(header.version) },
          {
            name: t('identify.size'),
            value: t('common.bytesBits', { bytes: header.sizeBytes, bits: header.sizeBytes * 8 }),
          },
        ]}
      />
      {found.data && (
        <p className="panel-text line">
          <ButtonLink href={`/keys/${header.keyId}`}>{t('identify.openKey')}</ButtonLink>
          {header.purpose === 'data' && (
            <ButtonLink href={`/try?key=${header.keyId}&do=decrypt`}>
              {t('try.operation.decrypt')}
            </ButtonLink>
          )}
        </p>
      )}
    </Panel>
  )
}

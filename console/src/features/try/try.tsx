/**
 * Use a key here: encrypt, decrypt, sign, verify, data key, MACs. What goes in and comes out stays
 * in this page.
 */
import { useTranslation } from 'react-i18next'
import { Link, useSearchParams } from 'wouter'
import type { KeyCard } from '../../api/admin.ts'
import { ButtonLink } from '../../parts/controls/button.tsx'
import { needsItsMaterial } from '../../parts/data/was-held.ts'
import { Banner } from '../../parts/page/banner.tsx'
import { Page } from '../../parts/page/page.tsx'
import { Empty, Loaded } from '../../parts/page/states.tsx'
import { specOf } from '../key/kinds.ts'
import { useKeyActions } from '../key/use-key-actions.ts'
import { DataKeyForm } from './data-key-form.tsx'
import { DraftsOfPage } from './drafts.tsx'
import { DecryptForm, EncryptForm } from './encrypt-forms.tsx'
import { KeyChoiceFields, useKeyChoice } from './key-choice.tsx'
import { GenerateMacForm, VerifyMacForm } from './mac-forms.tsx'
import { SignForm, VerifyForm } from './sign-forms.tsx'

export const operations = [
  'encrypt',
  'decrypt',
  'sign',
  'verify',
  'data-key',
  'generate-mac',
  'verify-mac',
] as const
export type TryOperation = (typeof operations)[number]

/** What a key of this spec and usage does at all. */
function operationsOf(key: KeyCard): readonly TryOperation[] {
  if (key.usage === 'SIGN_VERIFY') return ['sign', 'verify']
  if (key.usage === 'KEY_AGREEMENT') return []
  if (key.usage === 'GENERATE_VERIFY_MAC') return ['generate-mac', 'verify-mac']
  return specOf(key.spec)?.kind === 'symmetric'
    ? ['encrypt', 'decrypt', 'data-key']
    : ['encrypt', 'decrypt']
}

// biome-ignore lint/style/noDefaultExport: React.lazy takes the default export of a page.
export default function TryPage() {
  return (
    <DraftsOfPage>
      <Try />
    </DraftsOfPage>
  )
}

function Try() {
  const { t } = useTranslation()
  const choice = useKeyChoice()
  const { chosen } = choice
  return (
    <Page title={t('nav.try')}>
      <p className="lead">
        {t('try.lead')} <Link href="/try/identify">{t('identify.title')}</Link>
      </p>
      <Loaded of={choice.found} rows={4}>
        {({ total }) =>
          total === 0 && choice.text === '' ? (
            <Empty>{t('message.noKeys')}</Empty>
          ) : (
            <div className="form-page stack wide">
              <KeyChoiceFields choice={choice} total={total} />
              {chosen !== undefined && <Tabs item={chosen} />}
            </div>
          )
        }
      </Loaded>
    </Page>
  )
}

function Tabs({ item }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  const [params, setParams] = useSearchParams()
  const possible = operationsOf(item)
  const asked = params.get('do')
  const operation = possible.find((one) => one === asked) ?? possible[0]
  const { can } = useKeyActions(item)
  const isEmpty = item.state === 'pending-import'
  const lacksItsOwn = needsItsMaterial(item)
  const reason =
    item.state === 'enabled'
      ? undefined
      : isEmpty
        ? t(lacksItsOwn ? 'key.onlySame' : 'message.noMaterial')
        : t('try.cannot', { status: t(`status.${item.state}`) })
  if (operation === undefined) return <p>{t('try.agreement')}</p>
  return (
    <>
      {reason !== undefined && (
        <Banner
          tone="warning"
          action={
            can('import') &&
            isEmpty && (
              <ButtonLink href={`/keys/${item.id}/import`} small>
                {t(lacksItsOwn ? 'actions.reimport' : 'actions.importMaterial')}
              </ButtonLink>
            )
          }
        >
          <p>
            {lacksItsOwn && <b>{t('status.needsMaterial')} </b>}
            {reason}
          </p>
        </Banner>
      )}
      <div className="tabs" role="group" aria-label={t('try.operations')}>
        {possible.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={one === operation}
            onClick={() => setParams({ key: item.id, do: one }, { replace: true })}
          >
            {t(`try.operation.${one}`)}
          </button>
        ))}
      </div>
      <OperationForm key={`${item.id}/${operation}`} item={item} operation={operation} />
    </>
  )
}

function OperationForm({
  item,
  operation,
}: {
  readonly item: KeyCard
  readonly operation: TryOperation
}) {
  switch (operation) {
    case 'encrypt':
      return <EncryptForm item={item} />
    case 'decrypt':
      return <DecryptForm item={item} />
    case 'sign':
      return <SignForm item={item} />
    case 'verify':
      return <VerifyForm item={item} />
    case 'data-key':
      return <DataKeyForm item={item} />
    case 'generate-mac':
      return <GenerateMacForm item={item} />
    case 'verify-mac':
      return <VerifyMacForm item={item} />
  }
}

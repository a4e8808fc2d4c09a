/** What a step means, shown next to it; and what a page can wipe and what it cannot. */
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'

export function Aside({
  permanent,
  mode,
}: {
  readonly permanent: boolean
  readonly mode: 'import' | 'drill'
}) {
  const { t } = useTranslation()
  return (
    <>
      {mode === 'import' && (
        <section>
          <h3>{t('import.aside.kind')}</h3>
          <KindTable permanent={permanent} />
        </section>
      )}
      {mode === 'drill' && (
        <section>
          <h3>{t('import.aside.drill')}</h3>
          <p>{t('import.aside.drillText')}</p>
        </section>
      )}
      {mode === 'import' && (
        <section>
          <h3>{t('import.aside.leave')}</h3>
          <p>
            {t('import.aside.leaveText')} <Link href="/imports">{t('nav.imports')}</Link>
          </p>
        </section>
      )}
      <section>
        <details>
          <summary>{t('import.aside.wipe')}</summary>
          <p>{t('import.wipe.page')}</p>
          <p>{t('import.wipe.never')}</p>
          <p>{t('import.wipe.cannot')}</p>
        </details>
      </section>
    </>
  )
}

export function KindTable({ permanent }: { readonly permanent: boolean }) {
  const { t } = useTranslation()
  const answer = (yes: boolean): string => (yes ? t('common.yes') : t('common.no'))
  return (
    <dl className="kind-table">
      <dt>{t('import.aside.mayExpire')}</dt>
      <dd>{answer(!permanent)}</dd>
      <dt>{t('import.aside.mayDelete')}</dt>
      <dd>{answer(!permanent)}</dd>
      <dt>{t('import.aside.rotates')}</dt>
      <dd>{t('import.aside.rotatesNo')}</dd>
      <dt>{t('import.aside.other')}</dt>
      <dd>{t('import.aside.otherRefused')}</dd>
    </dl>
  )
}

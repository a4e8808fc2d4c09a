/** The setup of each client, filled in for one access key. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import guide from '../../../../docs/clients.md?raw'
import { Button } from '../../parts/controls/button.tsx'
import { CopyButton } from '../../parts/controls/copy.tsx'
import { CodeBlock } from '../../parts/data/code-block.tsx'
import { type ClientName, clients, type Place, setupOf } from './setup.ts'

export function ClientSetup(place: Place) {
  const { t } = useTranslation()
  const [chosen, setChosen] = useState<ClientName>('commandLine')
  const { environment, trust, programs } = setupOf(chosen, guide, place)
  return (
    <section className="stack">
      <h3>{t('clients.title')}</h3>
      <div className="segments" role="group" aria-label={t('clients.client')}>
        {clients.map(({ name }) => (
          <Button key={name} small aria-pressed={name === chosen} onClick={() => setChosen(name)}>
            {t(`clients.${name}`)}
          </Button>
        ))}
      </div>
      <Code label={t('clients.environment')} text={environment} />
      {trust !== undefined && <Code label={t('clients.trust')} text={trust} />}
      {programs.map((text, i) => (
        <Code
          key={text}
          label={
            programs.length === 1
              ? t('clients.program')
              : t('clients.programOf', { n: i + 1, count: programs.length })
          }
          text={text}
        />
      ))}
      {chosen === 'sops' && <p className="small soft">{t('clients.sopsKey')}</p>}
    </section>
  )
}

function Code({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <div className="snippet">
      <p className="line small">
        <span className="soft">{label}</span>
        <CopyButton value={text} name={label} />
      </p>
      <CodeBlock label={label} text={text} />
    </div>
  )
}

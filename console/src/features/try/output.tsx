/** What came out, with a button that copies it. */
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import { CopyButton } from '../../parts/controls/copy.tsx'
import { Panel } from '../../parts/page/panel.tsx'

type Props = { readonly title: string; readonly text: string; readonly note?: string }

export function Output({ title, text, note }: Props) {
  const { t } = useTranslation()
  const id = useId()
  return (
    <Panel title={title} actions={<CopyButton value={text} name={title} />}>
      <output id={id} className="code output" aria-label={title}>
        {text === '' ? <span className="muted">{t('try.empty')}</span> : text}
      </output>
      {note !== undefined && <p className="panel-text small soft">{note}</p>}
    </Panel>
  )
}

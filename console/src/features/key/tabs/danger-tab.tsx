/**
 * Actions that cannot simply be undone. The evidence comes first; where an action is impossible
 * for this kind of key, a sentence says so.
 */
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../../../parts/controls/button.tsx'
import { Banner } from '../../../parts/page/banner.tsx'
import { Panel } from '../../../parts/page/panel.tsx'
import { Evidence } from '../evidence.tsx'
import { useKeyActions } from '../use-key-actions.ts'
import type { TabProps } from './tab-props.ts'

export function DangerTab(props: TabProps) {
  const { t } = useTranslation()
  const { may } = useKeyActions(props.item)
  if (!may('disable') && !may('delete-material'))
    return (
      <Banner tone="info">
        <p>{t('danger.role')}</p>
      </Banner>
    )
  return (
    <div className="stack wide">
      <Panel title={t('evidence.title')} padded>
        <Evidence item={props.item} />
      </Panel>
      <Panel>
        <Dangers {...props} />
      </Panel>
    </div>
  )
}

function Dangers({ item, onAction, onSuccessor }: TabProps) {
  const { t } = useTranslation()
  const { can } = useKeyActions(item)
  return (
    <ul className="dangers">
      {can('disable') && (
        <Danger title={t('actions.disable')} text={t('danger.disable.lead')}>
          <Button onClick={() => onAction('disable')}>{t('actions.disable')}</Button>
        </Danger>
      )}
      <MaterialDangers item={item} onAction={onAction} />
      {can('successor') && (
        <Danger title={t('actions.successor')} text={t('danger.successor')}>
          <Button onClick={onSuccessor}>{t('actions.successor')}</Button>
        </Danger>
      )}
      {can('schedule-deletion') && (
        <Danger title={t('actions.scheduleDeletion')} text={t('danger.deletion.short')}>
          <Button kind="danger" onClick={() => onAction('schedule-deletion')}>
            {t('actions.scheduleDeletion')}
          </Button>
        </Danger>
      )}
      {can('cancel-deletion') && (
        <Danger title={t('actions.cancelDeletion')} text={t('danger.cancelDeletion.lead')}>
          <Button onClick={() => onAction('cancel-deletion')}>{t('actions.cancelDeletion')}</Button>
        </Danger>
      )}
    </ul>
  )
}

/** The deletion of the material alone; where the material cannot be deleted, the rule says so. */
function MaterialDangers({ item, onAction }: Pick<TabProps, 'item' | 'onAction'>) {
  const { t } = useTranslation()
  const { may, shows, reason } = useKeyActions(item)
  const ruleText =
    item.origin === 'made-here'
      ? t('message.materialMadeHere')
      : item.permanent
        ? t('message.permanentMaterial', { spec: item.spec })
        : undefined
  return (
    <>
      {may('delete-material') && ruleText !== undefined && (
        <Danger title={t('actions.deleteMaterial')} text={ruleText} />
      )}
      {shows('delete-material') && (
        <Danger title={t('actions.deleteMaterial')} text={t('danger.deleteMaterial.short')}>
          <Button
            kind="danger"
            reason={reason('delete-material')}
            onClick={() => onAction('delete-material')}
          >
            {t('actions.deleteMaterial')}
          </Button>
        </Danger>
      )}
    </>
  )
}

function Danger({
  title,
  text,
  children,
}: {
  readonly title: string
  readonly text: string
  readonly children?: ReactNode
}) {
  return (
    <li className="danger-row">
      <div>
        <h2>{title}</h2>
        <p className="soft">{text}</p>
      </div>
      {children !== undefined && <div className="danger-action">{children}</div>}
    </li>
  )
}

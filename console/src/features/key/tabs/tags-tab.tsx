/** Tags of a key: set, changed, taken away. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { tagsPerKey } from '../../../../../src/domain/keys/tags.ts'
import type { KeyCard } from '../../../api/admin.ts'
import * as kms from '../../../api/kms.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { Rows } from '../../../parts/data/rows.tsx'
import { ActionsHeader, RowActions, RowButton, Table } from '../../../parts/data/table.tsx'
import { Panel } from '../../../parts/page/panel.tsx'
import { Empty } from '../../../parts/page/states.tsx'
import { SimpleDialog } from '../dialogs/simple-dialog.tsx'
import { type CardTag, TagDialog } from '../dialogs/tag-dialog.tsx'
import { nameOf } from '../key-name.ts'
import { ManagersNote } from '../managers-note.tsx'
import { useKeyActions } from '../use-key-actions.ts'

type Open = { readonly kind: 'add' } | { readonly kind: 'change' | 'remove'; readonly tag: CardTag }

export function TagsTab({ item }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  const { may, reason } = useKeyActions(item)
  const [open, setOpen] = useState<Open>()
  const count = item.tags.length
  const tooMany = count < tagsPerKey ? undefined : t('errors.too-many-tags')
  return (
    <Panel
      title={t('tags.count', { n: count, most: tagsPerKey })}
      actions={
        may('change') && (
          <Button
            small
            reason={reason('change') ?? tooMany}
            onClick={() => setOpen({ kind: 'add' })}
          >
            {t('tags.add')}
          </Button>
        )
      }
    >
      <ManagersNote />
      {count === 0 ? <Empty>{t('tags.none')}</Empty> : <TagTable item={item} onOpen={setOpen} />}
      {open !== undefined && (
        <OpenedDialog item={item} open={open} onClose={() => setOpen(undefined)} />
      )}
    </Panel>
  )
}

type TableProps = { readonly item: KeyCard; readonly onOpen: (open: Open) => void }

function TagTable({ item, onOpen }: TableProps) {
  const { t } = useTranslation()
  const { may } = useKeyActions(item)
  return (
    <Table label={t('words.tags')} kind="cards">
      <thead>
        <tr>
          <th scope="col">{t('words.tagKey')}</th>
          <th scope="col">{t('words.tagValue')}</th>
          {may('change') && <ActionsHeader />}
        </tr>
      </thead>
      <tbody>
        <Rows of={item.tags} name={(tag) => tag.key}>
          {(tag) => <TagRow item={item} tag={tag} onOpen={onOpen} />}
        </Rows>
      </tbody>
    </Table>
  )
}

function TagRow({ item, tag, onOpen }: TableProps & { readonly tag: CardTag }) {
  const { t } = useTranslation()
  const { may, reason } = useKeyActions(item)
  return (
    <tr>
      <th scope="row" className="text-cell">
        {tag.key}
      </th>
      <td className="text-cell" data-label={t('words.tagValue')}>
        {tag.value === '' ? <span className="muted">—</span> : tag.value}
      </td>
      {may('change') && (
        <RowActions>
          <RowButton
            reason={reason('change')}
            name={t('tags.changeOf', { tag: tag.key })}
            onClick={() => onOpen({ kind: 'change', tag })}
          >
            {t('tags.change')}
          </RowButton>
          <RowButton
            reason={reason('change')}
            name={t('tags.removeOf', { tag: tag.key })}
            onClick={() => onOpen({ kind: 'remove', tag })}
          >
            {t('tags.remove')}
          </RowButton>
        </RowActions>
      )}
    </tr>
  )
}

type DialogProps = {
  readonly item: KeyCard
  readonly open: Open
  readonly onClose: () => void
}

function OpenedDialog({ item, open, onClose }: DialogProps) {
  const { t } = useTranslation()
  const props = { keys: [item], onClose, onDone: onClose }
  if (open.kind === 'add') return <TagDialog {...props} />
  const { kind, tag } = open
  if (kind === 'change') return <TagDialog {...props} tag={tag} />
  return (
    <SimpleDialog
      {...props}
      title={t('tags.removeTitle', { tag: tag.key, name: nameOf(item) })}
      lead={t('tags.removeLead')}
      action={t('tags.remove')}
      keep={t('tags.keep')}
      run={() => kms.removeTag(item.id, tag.key)}
      said={() => t('tags.removed', { tag: tag.key })}
    />
  )
}

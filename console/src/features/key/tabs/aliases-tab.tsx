/** What points at a key: its own alias, and further ones that come, move and go. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { aliasesPerKey } from '../../../../../src/domain/keys/aliases.ts'
import type { KeyDetails } from '../../../api/admin.ts'
import * as kms from '../../../api/kms.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { Rows } from '../../../parts/data/rows.tsx'
import { ActionsHeader, RowActions, RowButton, Table } from '../../../parts/data/table.tsx'
import { ShortTime } from '../../../parts/data/time.tsx'
import { Panel } from '../../../parts/page/panel.tsx'
import { Empty } from '../../../parts/page/states.tsx'
import { AddAliasDialog } from '../dialogs/add-alias-dialog.tsx'
import { MoveAliasDialog } from '../dialogs/move-alias-dialog.tsx'
import { SimpleDialog } from '../dialogs/simple-dialog.tsx'
import { ManagersNote } from '../managers-note.tsx'
import { useKeyActions } from '../use-key-actions.ts'

type Open = { readonly kind: 'add' } | { readonly kind: 'move' | 'remove'; readonly alias: string }

type Props = { readonly item: KeyDetails; readonly onEdit: () => void }

export function AliasesTab({ item, onEdit }: Props) {
  const { t } = useTranslation()
  const { may, reason } = useKeyActions(item)
  const [open, setOpen] = useState<Open>()
  const tooMany = item.aliases.length < aliasesPerKey ? undefined : t('errors.too-many-aliases')
  return (
    <Panel
      title={t('words.aliases')}
      actions={
        may('change') && (
          <Button
            small
            reason={reason('change') ?? tooMany}
            onClick={() => setOpen({ kind: 'add' })}
          >
            {t('aliases.add')}
          </Button>
        )
      }
    >
      <p className="panel-text soft">{t('aliases.lead')}</p>
      <ManagersNote />
      {item.alias === null && item.aliases.length === 0 ? (
        <Empty>{t('aliases.none')}</Empty>
      ) : (
        <AliasTable item={item} onEdit={onEdit} onOpen={setOpen} />
      )}
      {open !== undefined && (
        <OpenedDialog item={item} open={open} onClose={() => setOpen(undefined)} />
      )}
    </Panel>
  )
}

type OnOpen = (open: Open) => void

function AliasTable({ item, onEdit, onOpen }: Props & { readonly onOpen: OnOpen }) {
  const { t } = useTranslation()
  const { may } = useKeyActions(item)
  return (
    <Table label={t('words.aliases')} kind="cards">
      <thead>
        <tr>
          <th scope="col">{t('words.alias')}</th>
          <th scope="col">{t('words.created')}</th>
          {may('change') && <ActionsHeader />}
        </tr>
      </thead>
      <tbody>
        {item.alias !== null && <OwnAliasRow item={item} onEdit={onEdit} />}
        <Rows of={item.aliases} name={({ alias }) => alias}>
          {(further) => <AliasRow item={item} further={further} onOpen={onOpen} />}
        </Rows>
      </tbody>
    </Table>
  )
}

/** The alias that is part of the key itself: it changes with the other facts of the key. */
function OwnAliasRow({ item, onEdit }: Props) {
  const { t } = useTranslation()
  const { may, reason } = useKeyActions(item)
  return (
    <tr>
      <th scope="row" className="text-cell">
        {item.alias}
      </th>
      <td data-label={t('words.created')}>{t('aliases.own')}</td>
      {may('change') && (
        <RowActions>
          <RowButton reason={reason('change')} onClick={onEdit}>
            {t('actions.edit')}
          </RowButton>
        </RowActions>
      )}
    </tr>
  )
}

type RowProps = {
  readonly item: KeyDetails
  readonly further: KeyDetails['aliases'][number]
  readonly onOpen: OnOpen
}

function AliasRow({ item, further: { alias, created_at }, onOpen }: RowProps) {
  const { t } = useTranslation()
  const { may, reason } = useKeyActions(item)
  return (
    <tr>
      <th scope="row" className="text-cell">
        {alias}
      </th>
      <td data-label={t('words.created')}>
        <ShortTime at={created_at} />
      </td>
      {may('change') && (
        <RowActions>
          <RowButton
            reason={reason('change')}
            name={t('aliases.moveOf', { alias })}
            onClick={() => onOpen({ kind: 'move', alias })}
          >
            {t('aliases.move')}
          </RowButton>
          <RowButton
            reason={reason('change')}
            name={t('aliases.removeOf', { alias })}
            onClick={() => onOpen({ kind: 'remove', alias })}
          >
            {t('aliases.remove')}
          </RowButton>
        </RowActions>
      )}
    </tr>
  )
}

type DialogProps = {
  readonly item: KeyDetails
  readonly open: Open
  readonly onClose: () => void
}

function OpenedDialog({ item, open, onClose }: DialogProps) {
  const { t } = useTranslation()
  if (open.kind === 'add') return <AddAliasDialog item={item} onClose={onClose} onDone={onClose} />
  const { kind, alias } = open
  if (kind === 'move')
    return <MoveAliasDialog item={item} alias={alias} onClose={onClose} onDone={onClose} />
  return (
    <SimpleDialog
      keys={[item]}
      title={t('aliases.removeTitle', { alias })}
      lead={t('aliases.removeLead')}
      action={t('aliases.remove')}
      keep={t('aliases.keep')}
      run={() => kms.removeAlias(item.id, alias)}
      said={() => t('aliases.removed', { alias })}
      onClose={onClose}
      onDone={onClose}
      withEvidence
    />
  )
}

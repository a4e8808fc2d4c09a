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
  const actions = useKeyActions(item)
  const mayManage = actions.may('change')
  const [open, setOpen] = useState<Open>()
  const standing = actions.reason('change')
  const reason =
    standing ?? (item.aliases.length < aliasesPerKey ? undefined : t('errors.too-many-aliases'))
  const close = (): void => setOpen(undefined)
  return (
    <Panel
      title={t('words.aliases')}
      actions={
        mayManage && (
          <Button small reason={reason} onClick={() => setOpen({ kind: 'add' })}>
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
        <Table label={t('words.aliases')} kind="cards">
          <thead>
            <tr>
              <th scope="col">{t('words.alias')}</th>
              <th scope="col">{t('words.created')}</th>
              {mayManage && <ActionsHeader />}
            </tr>
          </thead>
          <tbody>
            {item.alias !== null && (
              <tr>
                <th scope="row" className="text-cell">
                  {item.alias}
                </th>
                <td data-label={t('words.created')}>{t('aliases.own')}</td>
                {mayManage && (
                  <RowActions>
                    <RowButton reason={standing} onClick={onEdit}>
                      {t('actions.edit')}
                    </RowButton>
                  </RowActions>
                )}
              </tr>
            )}
            <Rows of={item.aliases} name={({ alias }) => alias}>
              {({ alias, created_at }) => (
                <tr>
                  <th scope="row" className="text-cell">
                    {alias}
                  </th>
                  <td data-label={t('words.created')}>
                    <ShortTime at={created_at} />
                  </td>
                  {mayManage && (
                    <RowActions>
                      <RowButton
                        reason={standing}
                        name={t('aliases.moveOf', { alias })}
                        onClick={() => setOpen({ kind: 'move', alias })}
                      >
                        {t('aliases.move')}
                      </RowButton>
                      <RowButton
                        reason={standing}
                        name={t('aliases.removeOf', { alias })}
                        onClick={() => setOpen({ kind: 'remove', alias })}
                      >
                        {t('aliases.remove')}
                      </RowButton>
                    </RowActions>
                  )}
                </tr>
              )}
            </Rows>
          </tbody>
        </Table>
      )}
      {open?.kind === 'add' && <AddAliasDialog item={item} onClose={close} onDone={close} />}
      {open?.kind === 'move' && (
        <MoveAliasDialog item={item} alias={open.alias} onClose={close} onDone={close} />
      )}
      {open?.kind === 'remove' && (
        <SimpleDialog
          keys={[item]}
          title={t('aliases.removeTitle', { alias: open.alias })}
          lead={t('aliases.removeLead')}
          action={t('aliases.remove')}
          keep={t('aliases.keep')}
          run={() => kms.removeAlias(item.id, open.alias)}
          said={() => t('aliases.removed', { alias: open.alias })}
          onClose={close}
          onDone={close}
          withEvidence
        />
      )}
    </Panel>
  )
}

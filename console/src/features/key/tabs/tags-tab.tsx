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
  const actions = useKeyActions(item)
  const mayManage = actions.may('change')
  const [open, setOpen] = useState<Open>()
  const { tags } = item
  const standing = actions.reason('change')
  const reason = standing ?? (tags.length < tagsPerKey ? undefined : t('errors.too-many-tags'))
  const close = (): void => setOpen(undefined)
  return (
    <Panel
      title={t('tags.count', { n: tags.length, most: tagsPerKey })}
      actions={
        mayManage && (
          <Button small reason={reason} onClick={() => setOpen({ kind: 'add' })}>
            {t('tags.add')}
          </Button>
        )
      }
    >
      <ManagersNote />
      {tags.length === 0 ? (
        <Empty>{t('tags.none')}</Empty>
      ) : (
        <Table label={t('words.tags')} kind="cards">
          <thead>
            <tr>
              <th scope="col">{t('words.tagKey')}</th>
              <th scope="col">{t('words.tagValue')}</th>
              {mayManage && <ActionsHeader />}
            </tr>
          </thead>
          <tbody>
            <Rows of={tags} name={(tag) => tag.key}>
              {(tag) => (
                <tr>
                  <th scope="row" className="text-cell">
                    {tag.key}
                  </th>
                  <td className="text-cell" data-label={t('words.tagValue')}>
                    {tag.value === '' ? <span className="muted">—</span> : tag.value}
                  </td>
                  {mayManage && (
                    <RowActions>
                      <RowButton
                        reason={standing}
                        name={t('tags.changeOf', { tag: tag.key })}
                        onClick={() => setOpen({ kind: 'change', tag })}
                      >
                        {t('tags.change')}
                      </RowButton>
                      <RowButton
                        reason={standing}
                        name={t('tags.removeOf', { tag: tag.key })}
                        onClick={() => setOpen({ kind: 'remove', tag })}
                      >
                        {t('tags.remove')}
                      </RowButton>
                    </RowActions>
                  )}
                </tr>
              )}
            </Rows>
          </tbody>
        </Table>
      )}
      {open?.kind === 'add' && <TagDialog keys={[item]} onClose={close} onDone={close} />}
      {open?.kind === 'change' && (
        <TagDialog keys={[item]} tag={open.tag} onClose={close} onDone={close} />
      )}
      {open?.kind === 'remove' && (
        <SimpleDialog
          keys={[item]}
          title={t('tags.removeTitle', { tag: open.tag.key, name: nameOf(item) })}
          lead={t('tags.removeLead')}
          action={t('tags.remove')}
          keep={t('tags.keep')}
          run={() => kms.removeTag(item.id, open.tag.key)}
          said={() => t('tags.removed', { tag: open.tag.key })}
          onClose={close}
          onDone={close}
        />
      )}
    </Panel>
  )
}

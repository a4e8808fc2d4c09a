/** An alias, from the key that it points at to another one that can stand in for it. */
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { KeyCard } from '../../../api/admin.ts'
import * as kms from '../../../api/kms.ts'
import { FormDialog } from '../../../parts/controls/form-dialog.tsx'
import { nameOf } from '../key-name.ts'
import { KeyChooser } from './key-chooser.tsx'
import { FailureList } from './key-list.tsx'
import { useEach } from './run-each.ts'

type Props = {
  readonly item: KeyCard
  readonly alias: string
  readonly onClose: () => void
  readonly onDone: () => void
}

export function MoveAliasDialog({ item, alias, onClose, onDone }: Props) {
  const { t } = useTranslation()
  const each = useEach(onDone)
  const [target, setTarget] = useState<KeyCard>()
  const move = async (): Promise<void> => {
    if (target === undefined) return
    await each.run(
      [target],
      ({ id }) => kms.moveAlias(alias, id),
      (key) => t('aliases.moved', { alias, name: nameOf(key) }),
    )
  }
  return (
    <FormDialog
      title={t('aliases.moveTitle', { alias })}
      lead={t('aliases.moveLead', { name: nameOf(item) })}
      onClose={onClose}
      refusal={<FailureList failures={each.failures} />}
      submit={t('aliases.move')}
      busy={each.isBusy}
      onSubmit={() => void move()}
      reason={target === undefined ? t('aliases.chooseFirst') : undefined}
    >
      <KeyChooser standingFor={item} chosen={target} onChoose={setTarget} />
    </FormDialog>
  )
}

/** The operations that a grant allows, out of those that fit its key. */
import { useTranslation } from 'react-i18next'
import type { GrantOperation } from '../../../../../src/domain/access/grants.ts'
import type { KeyCard } from '../../../api/admin.ts'
import { CheckField } from '../../../parts/controls/field.tsx'
import { Icon } from '../../../parts/page/icon.tsx'
import { operationsOf } from './grant-operations.ts'

type Props = {
  readonly item: KeyCard
  readonly chosen: readonly GrantOperation[]
  readonly onChange: (chosen: readonly GrantOperation[]) => void
  readonly error: string | undefined
}

export function OperationChecks({ item, chosen, onChange, error }: Props) {
  const { t } = useTranslation()
  return (
    <fieldset
      className="operations"
      {...(error !== undefined && { 'aria-describedby': 'operations-error' })}
    >
      <legend>{t('grants.operations')}</legend>
      <p className="hint">{t('grants.operationsHint')}</p>
      <div className="operation-checks">
        {operationsOf(item).map((one) => (
          <CheckField
            key={one}
            label={t(`grants.operation.${one}`)}
            checked={chosen.includes(one)}
            onChange={({ target }) =>
              onChange(target.checked ? [...chosen, one] : chosen.filter((other) => other !== one))
            }
          />
        ))}
      </div>
      {error !== undefined && (
        <p id="operations-error" className="field-error" role="alert">
          <Icon name="cross" />
          {error}
        </p>
      )}
    </fieldset>
  )
}

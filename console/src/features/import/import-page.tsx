/** The import of material into a key, and the drill that proves a backup: the same steps. */
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { describeKey, listImports } from '../../api/admin.ts'
import { NoConnection } from '../../api/call.ts'
import { isRefusal } from '../../api/refusal.ts'
import NotFound from '../../app/not-found.tsx'
import { useMay } from '../../app/session.ts'
import { Failed, Loading } from '../../parts/page/states.tsx'
import type { Mode } from './choices.ts'
import { choicesFor, restoredChoices } from './choices.ts'
import { ImportWizard } from './import-wizard.tsx'
import { NewKeyStep } from './steps/new-key-step.tsx'

type Props = { readonly mode: Mode; readonly keyId: string | undefined }

// biome-ignore lint/style/noDefaultExport: React.lazy takes the default export of a page.
export default function ImportPage({ mode, keyId }: Props) {
  const mayImport = useMay('import')
  if (!mayImport) return <NotFound />
  return keyId === undefined ? <NewKeyStep /> : <ForKey mode={mode} keyId={keyId} />
}

function ForKey({ mode, keyId }: { readonly mode: Mode; readonly keyId: string }) {
  const { t } = useTranslation()
  const key = useQuery({
    queryKey: ['key', keyId],
    queryFn: () => describeKey(keyId),
    refetchInterval: 15_000,
  })
  // What was chosen is asked for once: from then on the wizard is what counts.
  const drafts = useQuery({
    queryKey: ['imports', 'of', keyId],
    queryFn: () => listImports({ key_id: keyId }),
    refetchInterval: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  if (isRefusal(key.error, 'key-not-found', 'parameter-invalid', 'key-id-invalid'))
    return <NotFound />
  // What is open stays open: an answer that fails later on must not end a wizard that holds
  // material.
  for (const { data, error, refetch } of [key, drafts])
    if (data === undefined && error !== null && !(error instanceof NoConnection))
      return <Failed error={error} onRetry={() => void refetch()} />
  if (key.data === undefined || drafts.data === undefined) return <Loading rows={6} />
  if (key.data.origin !== 'external')
    return <Failed error={new Error(t('errors.key-not-external'))} />
  const [draft] = drafts.data.imports
  return (
    <ImportWizard
      mode={mode}
      item={key.data}
      stored={
        mode === 'import' && draft !== undefined
          ? restoredChoices(draft.choices)
          : choicesFor(key.data, Date.now())
      }
    />
  )
}

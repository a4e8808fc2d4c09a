/**
 * Wrapped material being sent: each step is ticked when it is done, and a failure says what is
 * unchanged.
 */
import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  drillParameters,
  findByFingerprint,
  importMaterial,
  importParameters,
  type KeyCard,
  drill as sendDrill,
} from '../../../api/admin.ts'
import { NoConnection } from '../../../api/call.ts'
import { isRefusal, useRefusalText } from '../../../api/refusal.ts'
import type { MaterialClient } from '../../../material/client.ts'
import { MaterialGone } from '../../../material/client.ts'
import type { Wrapped } from '../../../material/protocol.ts'
import { SubmitError } from '../../../parts/controls/submit-error.tsx'
import { groupedHex } from '../../../parts/data/format.ts'
import { Icon } from '../../../parts/page/icon.tsx'
import { nameOf } from '../../key/key-name.ts'
import type { Whereabouts, WrappedElsewhere } from '../wizard-state.ts'

export const stages = ['key', 'wrap', 'send', 'check', 'record'] as const
export type Stage = (typeof stages)[number]

/**
 * Material of the page, wrapped here; or what was wrapped elsewhere under a token that goes with
 * it.
 */
export type Parcel =
  | { readonly kind: 'page'; readonly client: MaterialClient }
  | { readonly kind: 'elsewhere'; readonly wrapped: WrappedElsewhere; readonly token: string }

type Failure = {
  readonly text: string
  readonly causes: boolean
  readonly tokenOver: 'ended' | 'used' | undefined
  /** No answer came: what is unchanged is not known either. */
  readonly isUnsure: boolean
}

export type Send = {
  readonly isBusy: boolean
  /** How far it is; undefined before it began. */
  readonly stage: Stage | undefined
  readonly failure: Failure | undefined
  /** @returns whether it was imported. */
  readonly import: (
    item: KeyCard,
    parcel: Parcel,
    expiresAt: number | null,
    fingerprint: string | null,
    onWhere: (where: Whereabouts) => void,
  ) => Promise<boolean>
  /** @returns when it was proved. */
  readonly drill: (
    item: KeyCard,
    parcel: Parcel,
    onWhere: (where: Whereabouts) => void,
  ) => Promise<number | undefined>
}

export function useSend(): Send {
  const { t } = useTranslation()
  const client = useQueryClient()
  const refusalText = useRefusalText()
  const [isBusy, setBusy] = useState(false)
  const [stage, setStage] = useState<Stage>()
  const [failure, setFailure] = useState<Send['failure']>()
  // What got no answer is sent again as it was: Holdfast knows the very same request, and says
  // again what came of it.
  const unanswered = useRef<Parameters<typeof importMaterial>[1]>(undefined)

  const explain = async (
    error: unknown,
    item: KeyCard,
    fingerprint: string | null,
  ): Promise<Failure> => {
    const plain = (text: string): Failure => ({
      text,
      causes: false,
      tokenOver: undefined,
      isUnsure: false,
    })
    if (error instanceof NoConnection) return { ...plain(refusalText(error)), isUnsure: true }
    if (error instanceof MaterialGone) return plain(t('import.materialLost'))
    if (isRefusal(error, 'material-mismatch') && item.check_value !== null)
      return plain(t('message.otherMaterial', { cv: groupedHex(item.check_value) }))
    if (isRefusal(error, 'drill-mismatch'))
      return plain(t('import.drillMismatch', { alias: nameOf(item) }))
    if (isRefusal(error, 'material-unwrap-failed'))
      return { ...plain(t('message.notUnwrapped')), causes: true }
    if (isRefusal(error, 'import-token-expired'))
      return { ...plain(t('errors.import-token-expired')), tokenOver: 'ended' }
    if (isRefusal(error, 'import-token-invalid', 'import-token-of-other-key'))
      return { ...plain(t('message.tokenInvalid')), tokenOver: 'used' }
    if (isRefusal(error, 'expiry-in-past')) return plain(t('message.timePassed'))
    if (isRefusal(error, 'private-key-held')) return plain(await heldBy(fingerprint))
    return plain(refusalText(error))
  }
  /** Who holds it already, for those who may see that key. */
  const heldBy = async (fingerprint: string | null): Promise<string> => {
    try {
      const other = fingerprint === null ? undefined : await findByFingerprint(fingerprint)
      if (other !== undefined) return t('message.privateKeyHeldBy', { alias: nameOf(other) })
    } catch {
      // Not to be seen by this person.
    }
    return t('message.privateKeyHeld')
  }
  const run = async <T,>(
    item: KeyCard,
    fingerprint: string | null,
    work: () => Promise<T>,
  ): Promise<T | undefined> => {
    setBusy(true)
    setFailure(undefined)
    try {
      const result = await work()
      await client.invalidateQueries()
      return result
    } catch (error) {
      setFailure(await explain(error, item, fingerprint))
      if (!(error instanceof NoConnection))
        await client.invalidateQueries({ queryKey: ['key', item.id] })
      return undefined
    } finally {
      setBusy(false)
    }
  }
  const pack = async (
    parcel: Parcel,
    of: 'material' | 'backup',
    parameters: () => Promise<{ token: string; publicKey: string }>,
  ): Promise<Wrapped & { token: string }> => {
    if (parcel.kind === 'elsewhere')
      return {
        wrappedMaterial: parcel.wrapped.material,
        wrappedPrivateKey: parcel.wrapped.privateKey,
        token: parcel.token,
      }
    setStage('key')
    const { token, publicKey } = await parameters()
    setStage('wrap')
    return { ...(await parcel.client.ask('wrap', { publicKey, of })), token }
  }
  const fieldsOf = async (item: KeyCard, parcel: Parcel, expiresAt: number | null) => {
    const packed = await pack(parcel, 'material', async () => {
      const { token, public_key } = await importParameters(item.id)
      return { token, publicKey: public_key }
    })
    return { ...wrappedFields(packed), ...(expiresAt !== null && { expires_at: expiresAt }) }
  }
  return {
    isBusy,
    stage,
    failure,
    import: async (item, parcel, expiresAt, fingerprint, onWhere) =>
      (await run(item, fingerprint, async () => {
        const fields = unanswered.current ?? (await fieldsOf(item, parcel, expiresAt))
        unanswered.current = undefined
        onWhere('wrapped')
        setStage('send')
        try {
          await importMaterial(item.id, fields)
        } catch (error) {
          if (error instanceof NoConnection) unanswered.current = fields
          onWhere(parcel.kind === 'page' ? 'page' : 'wrapped')
          throw error
        }
        setStage('record')
        return true
      })) ?? false,
    drill: (item, parcel, onWhere) =>
      run(item, null, async () => {
        const packed = await pack(parcel, 'material', async () => {
          const { token, public_key } = await drillParameters(item.id)
          return { token, publicKey: public_key }
        })
        onWhere('wrapped')
        setStage('send')
        const { drilled_at } = await sendDrill(item.id, wrappedFields(packed))
        setStage('record')
        return drilled_at
      }),
  }
}

function wrappedFields({ token, wrappedMaterial, wrappedPrivateKey }: Wrapped & { token: string }) {
  return {
    token,
    wrapped_material: wrappedMaterial,
    ...(wrappedPrivateKey !== null && { wrapped_private_key: wrappedPrivateKey }),
  }
}

/**
 * The backup that was opened before the import, sent as a drill: the key has its date from the
 * first day.
 */
export async function drillOpenedBackup(item: KeyCard, client: MaterialClient): Promise<number> {
  const { token, public_key } = await drillParameters(item.id)
  const wrapped = await client.ask('wrap', { publicKey: public_key, of: 'backup' })
  const { drilled_at } = await sendDrill(item.id, wrappedFields({ ...wrapped, token }))
  return drilled_at
}

export function SendPanel({
  send,
  unchanged,
}: {
  readonly send: Send
  readonly unchanged: string
}) {
  const { t } = useTranslation()
  const at = send.stage === undefined ? -1 : stages.indexOf(send.stage)
  return (
    <>
      <div role="status">
        {send.stage !== undefined && (
          <ol className="progress" aria-label={t('import.progress.title')}>
            {stages.map((stage, i) => {
              const isDone = i < at || (i === at && !send.isBusy && send.failure === undefined)
              const isFailed = i === at && send.failure !== undefined
              return (
                <li
                  key={stage}
                  className={
                    isDone ? 'ok-text' : isFailed ? 'danger-text' : i === at ? undefined : 'muted'
                  }
                >
                  <Icon
                    name={isDone ? 'enabled' : isFailed ? 'cross' : i === at ? 'clock' : 'bar'}
                  />
                  {t(`import.progress.${stage}`)}
                </li>
              )
            })}
          </ol>
        )}
      </div>
      <SubmitError cause={send.failure} text={send.failure?.text}>
        {send.failure?.causes === true && (
          <ul className="causes">
            <li>{t('import.cause.key')}</li>
            <li>{t('import.cause.hash')}</li>
            <li>{t('import.cause.base64')}</li>
            <li>{t('import.cause.break')}</li>
            <li>{t('import.cause.bare')}</li>
          </ul>
        )}
        {send.failure?.isUnsure === false && (
          <p>
            <b>{unchanged}</b>
          </p>
        )}
      </SubmitError>
    </>
  )
}

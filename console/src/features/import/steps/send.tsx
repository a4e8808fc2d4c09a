/**
 * Wrapped material being sent: each step is ticked when it is done, and a failure says what is
 * unchanged.
 */
import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  drillParameters,
  importMaterial,
  importParameters,
  type KeyCard,
  drill as sendDrill,
  type WrappedFields,
} from '../../../api/admin.ts'
import { NoConnection } from '../../../api/call.ts'
import type { MaterialClient } from '../../../material/client.ts'
import type { Wrapped } from '../../../material/protocol.ts'
import { SubmitError } from '../../../parts/controls/submit-error.tsx'
import { Icon } from '../../../parts/page/icon.tsx'
import type { Whereabouts, WrappedElsewhere } from '../wizard-state.ts'
import { type SendFailure, useSendFailure } from './send-failure.ts'

export const stages = ['key', 'wrap', 'send', 'check', 'record'] as const
export type Stage = (typeof stages)[number]

/**
 * Material of the page, wrapped here; or what was wrapped elsewhere under a token that goes with
 * it.
 */
export type Parcel =
  | { readonly kind: 'page'; readonly client: MaterialClient }
  | { readonly kind: 'elsewhere'; readonly wrapped: WrappedElsewhere; readonly token: string }

export type Send = {
  readonly isBusy: boolean
  /** How far it is; undefined before it began. */
  readonly stage: Stage | undefined
  readonly failure: SendFailure | undefined
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
  const [stage, setStage] = useState<Stage>()
  const { isBusy, failure, run } = useSending()
  // What got no answer is sent again as it was: Holdfast knows the very same request, and says
  // again what came of it.
  const unanswered = useRef<Parameters<typeof importMaterial>[1]>(undefined)
  return {
    isBusy,
    stage,
    failure,
    import: async (item, parcel, expiresAt, fingerprint, onWhere) =>
      (await run(item, fingerprint, async () => {
        const fields = unanswered.current ?? {
          ...(await pack(parcel, () => importParameters(item.id), setStage)),
          ...(expiresAt !== null && { expires_at: expiresAt }),
        }
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
        const fields = await pack(parcel, () => drillParameters(item.id), setStage)
        onWhere('wrapped')
        setStage('send')
        const { drilled_at } = await sendDrill(item.id, fields)
        setStage('record')
        return drilled_at
      }),
  }
}

type Sending = Pick<Send, 'isBusy' | 'failure'> & {
  /** @returns what the work gives, or undefined when it failed. */
  readonly run: <T>(
    item: KeyCard,
    fingerprint: string | null,
    work: () => Promise<T>,
  ) => Promise<T | undefined>
}

/** One attempt at a time; after it the page asks again for what it shows. */
function useSending(): Sending {
  const client = useQueryClient()
  const failureOf = useSendFailure()
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState<SendFailure>()
  const run: Sending['run'] = async (item, fingerprint, work) => {
    setBusy(true)
    setFailure(undefined)
    try {
      const result = await work()
      await client.invalidateQueries()
      return result
    } catch (error) {
      setFailure(await failureOf(error, item, fingerprint))
      if (!(error instanceof NoConnection))
        await client.invalidateQueries({ queryKey: ['key', item.id] })
      return undefined
    } finally {
      setBusy(false)
    }
  }
  return { isBusy, failure, run }
}

/**
 * What is sent of a parcel. Material of the page is wrapped first.
 * @param parameters asks for the key to wrap it under, and for the token that goes with that.
 */
async function pack(
  parcel: Parcel,
  parameters: () => ReturnType<typeof importParameters>,
  onStage: (stage: Stage) => void,
): Promise<WrappedFields> {
  if (parcel.kind === 'elsewhere') {
    const { material, privateKey } = parcel.wrapped
    return wrappedFields({
      token: parcel.token,
      wrappedMaterial: material,
      wrappedPrivateKey: privateKey,
    })
  }
  onStage('key')
  const { token, public_key } = await parameters()
  onStage('wrap')
  const wrapped = await parcel.client.ask('wrap', { publicKey: public_key, of: 'material' })
  return wrappedFields({ ...wrapped, token })
}

type Packed = Wrapped & { readonly token: string }

function wrappedFields({ token, wrappedMaterial, wrappedPrivateKey }: Packed): WrappedFields {
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

type PanelProps = { readonly send: Send; readonly unchanged: string }

export function SendPanel({ send, unchanged }: PanelProps) {
  const { t } = useTranslation()
  const { failure } = send
  return (
    <>
      <div role="status">
        <Progress send={send} />
      </div>
      <SubmitError cause={failure} text={failure?.text}>
        {failure?.causes === true && (
          <ul className="causes">
            <li>{t('import.cause.key')}</li>
            <li>{t('import.cause.hash')}</li>
            <li>{t('import.cause.base64')}</li>
            <li>{t('import.cause.break')}</li>
            <li>{t('import.cause.bare')}</li>
          </ul>
        )}
        {failure?.isUnsure === false && (
          <p>
            <b>{unchanged}</b>
          </p>
        )}
      </SubmitError>
    </>
  )
}

function Progress({ send: { stage: current, isBusy, failure } }: { readonly send: Send }) {
  const { t } = useTranslation()
  if (current === undefined) return null
  const at = stages.indexOf(current)
  return (
    <ol className="progress" aria-label={t('import.progress.title')}>
      {stages.map((stage, i) => {
        const isDone = i < at || (i === at && !isBusy && failure === undefined)
        const isFailed = i === at && failure !== undefined
        return (
          <li
            key={stage}
            className={
              isDone ? 'ok-text' : isFailed ? 'danger-text' : i === at ? undefined : 'muted'
            }
          >
            <Icon name={isDone ? 'enabled' : isFailed ? 'cross' : i === at ? 'clock' : 'bar'} />
            {t(`import.progress.${stage}`)}
          </li>
        )
      })}
    </ol>
  )
}

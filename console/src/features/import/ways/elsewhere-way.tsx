/**
 * Material that is wrapped on another computer or by an HSM: wrapping key and token out, wrapped
 * files in.
 */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  modulusBytes,
  type NotWrapped,
  type Part,
  pairUp,
  readWrappedPart,
  readWrappedWhole,
  type WrappedFor,
  type WrappedPart,
} from '../../../../../src/custody/wrapped-parts.ts'
import { keySpec } from '../../../../../src/domain/keys/key-specs.ts'
import { drillParameters, importParameters, type KeyCard } from '../../../api/admin.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { CopyButton } from '../../../parts/controls/copy.tsx'
import { CodeBlock } from '../../../parts/data/code-block.tsx'
import { download } from '../../../parts/data/download.ts'
import { fullTime } from '../../../parts/data/format.ts'
import { useNow } from '../../../parts/data/time.tsx'
import { hasHeld } from '../../../parts/data/was-held.ts'
import { Alert, Banner } from '../../../parts/page/banner.tsx'
import { Panel } from '../../../parts/page/panel.tsx'
import { Failed, Loading } from '../../../parts/page/states.tsx'
import { isPair, specOf } from '../../key/kinds.ts'
import type { Choices, Mode } from '../choices.ts'
import type { WrappedElsewhere } from '../wizard-state.ts'
import { makesMaterial, type Tool, tools, wrapCommands } from './commands.ts'

const wrappedLimit = 16_384

type Props = {
  readonly item: KeyCard
  readonly mode: Mode
  readonly choices: Choices
  readonly choose: (change: Partial<Choices>) => void
  readonly wrapped: WrappedElsewhere | undefined
  readonly onWrapped: (wrapped: WrappedElsewhere | undefined) => void
}

type Parameters = {
  readonly token: string
  readonly wrappingKey: string
  readonly tokenUntil: number
}

export async function fetchParameters(item: KeyCard, mode: Mode): Promise<Parameters> {
  const { token, public_key, expires_at } = await (mode === 'drill'
    ? drillParameters(item.id)
    : importParameters(item.id))
  return { token, wrappingKey: public_key, tokenUntil: expires_at }
}

export function ElsewhereWay({ item, mode, choices, choose, wrapped, onWrapped }: Props) {
  const { t } = useTranslation()
  const now = useNow(5000)
  const isKnown = choices.token !== '' && choices.tokenUntil !== null
  const hasEnded = isKnown && now >= (choices.tokenUntil ?? 0)
  const [endedAt, setEndedAt] = useState<number>()
  // A token is kept with the unfinished import: a person who returns has wrapped the material under
  // its key by then.
  const found = useQuery({
    queryKey: ['import-parameters', item.id, mode, endedAt],
    queryFn: async () => {
      const parameters = await fetchParameters(item, mode)
      if (hasEnded) {
        setEndedAt(choices.tokenUntil ?? undefined)
        onWrapped(undefined)
      }
      choose(parameters)
      return parameters
    },
    enabled: !isKnown || hasEnded,
    refetchInterval: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  if (found.error !== null)
    return <Failed error={found.error} onRetry={() => void found.refetch()} />
  if (!isKnown || hasEnded) return <Loading rows={3} />
  return (
    <div className="stack wide">
      {endedAt !== undefined && (
        <Banner tone="warning" live="polite">
          <p>{t('message.tokenExpired', { time: fullTime(endedAt) })}</p>
        </Banner>
      )}
      <Downloads item={item} choices={choices} />
      <Commands item={item} />
      <Uploads item={item} choices={choices} wrapped={wrapped} onWrapped={onWrapped} />
      <p className="soft">{t('import.elsewhere.checked')}</p>
    </div>
  )
}

function Downloads({ item, choices }: { readonly item: KeyCard; readonly choices: Choices }) {
  const { t } = useTranslation()
  const der = Uint8Array.fromBase64(choices.wrappingKey)
  const parameters = {
    key_id: item.id,
    import_token: choices.token,
    public_key: choices.wrappingKey,
  }
  return (
    <Panel title={t('import.elsewhere.take')} padded>
      <p className="soft">
        {t('import.elsewhere.until', { time: fullTime(choices.tokenUntil ?? 0) })}
      </p>
      <p className="line">
        <Button
          icon="download"
          onClick={() =>
            download(`wrap-${item.id}.der`, 'application/octet-stream', der.buffer as ArrayBuffer)
          }
        >
          {t('words.wrappingKey')}
        </Button>
        <Button
          icon="download"
          onClick={() =>
            download(
              `parameters-${item.id}.json`,
              'application/json',
              `${JSON.stringify(parameters, undefined, 2)}\n`,
            )
          }
        >
          {t('import.elsewhere.parameters')}
        </Button>
      </p>
    </Panel>
  )
}

function Commands({ item }: { readonly item: KeyCard }) {
  const { t } = useTranslation()
  const [tool, setTool] = useState<Tool>('openssl')
  const spec = specOf(item.spec)
  if (spec === undefined) return null
  const target = { id: item.id, spec, isHeld: hasHeld(item) }
  const text = wrapCommands(tool, target)
  return (
    <Panel
      title={t('import.elsewhere.wrap')}
      actions={
        <>
          <span className="segments" role="group" aria-label={t('import.elsewhere.tool')}>
            {tools.map((one) => (
              <Button key={one} small aria-pressed={one === tool} onClick={() => setTool(one)}>
                {t(`import.tool.${one}`)}
              </Button>
            ))}
          </span>
          <CopyButton value={text} name={t('import.elsewhere.commands')} />
        </>
      }
    >
      <CodeBlock label={t('import.elsewhere.commands')} text={text} />
      <p className="panel-text small soft">
        {isPair(item.spec) && tool !== 'holdfast'
          ? t(`import.toolNotePair.${tool}`)
          : t(`import.toolNote.${tool}`)}{' '}
        {makesMaterial(tool, target) && t('import.elsewhere.made')}
      </p>
    </Panel>
  )
}

type UploadsProps = Pick<Props, 'item' | 'choices' | 'wrapped' | 'onWrapped'>

function Uploads({ item, choices, wrapped, onWrapped }: UploadsProps) {
  const { t } = useTranslation()
  const pair = isPair(item.spec)
  const [files, setFiles] = useState<Partial<Readonly<Record<Part, WrappedPart>>>>({})
  const [error, setError] = useState<string>()
  const [isMoved, setMoved] = useState(false)
  const target: WrappedFor = {
    spec: keySpec(item.spec),
    moduli: [modulusBytes(Uint8Array.fromBase64(choices.wrappingKey)) ?? 0],
  }
  const refuse = ({ reason, values }: NotWrapped): void =>
    setError(t(`import.notWrapped.${reason}`, values))
  /**
   * What a file is decides where it goes: a pair that was given the other way round is put right.
   */
  const take = async (field: Part, file: File | undefined): Promise<void> => {
    if (file === undefined) return
    setError(undefined)
    setMoved(false)
    // After a refused file, the one that was ready before is not sent.
    onWrapped(undefined)
    if (file.size > wrappedLimit)
      return setError(t('import.elsewhere.tooLong', { name: file.name }))
    const bytes = new Uint8Array(await file.arrayBuffer())
    const fields = ofHoldfast(bytes)
    if (fields !== undefined) return takeWhole(fields)
    const read = readWrappedPart(bytes, target)
    if (read.kind === 'refused') {
      setFiles({ ...files, [field]: undefined })
      return refuse(read)
    }
    const next = { ...files, [field]: read }
    setFiles(next)
    const { secret, privateKey } = next
    if (!pair) return onWrapped({ material: read.base64, privateKey: null })
    if (secret === undefined || privateKey === undefined) return
    const whole = pairUp(secret, privateKey)
    if (whole.kind === 'refused') return refuse(whole)
    setMoved(whole.isSwapped)
    onWrapped({ material: whole.secret, privateKey: whole.privateKey })
  }
  const takeWhole = ({ keyId, secret, privateKey }: HoldfastFile): void => {
    if (keyId !== item.id)
      return refuse({ kind: 'refused', reason: 'other-key', values: { keyId } })
    const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
    const whole = readWrappedWhole(
      bytesOf(secret),
      privateKey === undefined ? null : bytesOf(privateKey),
      target,
    )
    if (whole.kind === 'refused') return refuse(whole)
    onWrapped({ material: whole.secret, privateKey: whole.privateKey })
  }
  return (
    <Panel title={t('import.elsewhere.bring')} padded>
      <div className="stack">
        <FilePick
          label={
            pair ? t('import.elsewhere.wrappedTemporary') : t('import.elsewhere.wrappedMaterial')
          }
          onFile={(file) => void take('secret', file)}
        />
        {pair && (
          <FilePick
            label={t('import.elsewhere.wrappedPrivate')}
            onFile={(file) => void take('privateKey', file)}
          />
        )}
        <Alert text={error} />
        {isMoved && error === undefined && <p role="status">{t('import.elsewhere.moved')}</p>}
        {wrapped !== undefined && (
          <Banner tone="ok" live="polite">
            <p>{t('import.elsewhere.ready')}</p>
          </Banner>
        )}
      </div>
    </Panel>
  )
}

function FilePick({
  label,
  onFile,
}: {
  readonly label: string
  readonly onFile: (file: File | undefined) => void
}) {
  return (
    <label className="file-label">
      <span>{label}</span>
      <input type="file" onChange={(event) => onFile(event.target.files?.[0])} />
    </label>
  )
}

type HoldfastFile = {
  readonly keyId: string
  readonly secret: string
  readonly privateKey: string | undefined
}

/** What `holdfast material wrap` writes holds all the parts. */
function ofHoldfast(bytes: Uint8Array): HoldfastFile | undefined {
  if (bytes[0] !== 0x7b) return undefined
  try {
    const {
      key_id: keyId,
      encrypted_key_material: secret,
      encrypted_privatekey: privateKey,
    } = JSON.parse(new TextDecoder().decode(bytes))
    const isRight =
      typeof keyId === 'string' &&
      typeof secret === 'string' &&
      ['string', 'undefined'].includes(typeof privateKey)
    return isRight ? { keyId, secret, privateKey } : undefined
  } catch {
    return undefined
  }
}

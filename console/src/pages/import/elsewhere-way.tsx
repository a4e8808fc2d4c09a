/** Material that is wrapped on another computer or by an HSM: wrapping key and token out, wrapped files in. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { drillParameters, importParameters, type KeyCard } from '../../api/admin.ts'
import { download } from '../../download.ts'
import { fullTime } from '../../format.ts'
import { Alert, Banner } from '../../parts/banner.tsx'
import { Button } from '../../parts/button.tsx'
import { CodeBlock } from '../../parts/code-block.tsx'
import { CopyButton } from '../../parts/copy.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Failed, Loading } from '../../parts/states.tsx'
import { useNow } from '../../parts/time.tsx'
import { isPair } from '../key/kinds.ts'
import type { Choices, Mode } from './choices.ts'
import { type Tool, tools, wrapCommands } from './commands.ts'
import type { WrappedElsewhere } from './import-wizard.tsx'

const wrappedLimit = 16_384

type Props = {
  readonly item: KeyCard
  readonly mode: Mode
  readonly choices: Choices
  readonly choose: (change: Partial<Choices>) => void
  readonly wrapped: WrappedElsewhere | undefined
  readonly onWrapped: (wrapped: WrappedElsewhere | undefined) => void
}

type Parameters = { readonly token: string; readonly wrappingKey: string; readonly tokenUntil: number }

export async function fetchParameters(item: KeyCard, mode: Mode): Promise<Parameters> {
  const { token, public_key, expires_at } = await (mode === 'drill' ? drillParameters(item.id) : importParameters(item.id))
  return { token, wrappingKey: public_key, tokenUntil: expires_at }
}

export function ElsewhereWay({ item, mode, choices, choose, wrapped, onWrapped }: Props) {
  const { t } = useTranslation()
  const now = useNow(5000)
  const isKnown = choices.token !== '' && choices.tokenUntil !== null
  const hasEnded = isKnown && now >= (choices.tokenUntil ?? 0)
  const [endedAt, setEndedAt] = useState<number>()
  // A token that was fetched stays with the unfinished import: whoever comes back has wrapped under its key by then.
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
  if (found.error !== null) return <Failed error={found.error} onRetry={() => void found.refetch()} />
  if (!isKnown || hasEnded) return <Loading rows={3} />
  return (
    <div className="stack wide">
      {endedAt !== undefined && (
        <Banner tone="warning" live="polite">
          <p>{t('m.12', { time: fullTime(endedAt) })}</p>
        </Banner>
      )}
      <Downloads item={item} choices={choices} />
      <Commands item={item} />
      <Uploads item={item} wrapped={wrapped} onWrapped={onWrapped} />
      <p className="soft">{t('import.elsewhere.checked')}</p>
    </div>
  )
}

function Downloads({ item, choices }: { readonly item: KeyCard; readonly choices: Choices }) {
  const { t } = useTranslation()
  const der = Uint8Array.fromBase64(choices.wrappingKey)
  const parameters = { key_id: item.id, import_token: choices.token, public_key: choices.wrappingKey }
  return (
    <Panel title={t('import.elsewhere.take')} padded>
      <p className="soft">{t('import.elsewhere.until', { time: fullTime(choices.tokenUntil ?? 0) })}</p>
      <p className="line">
        <Button
          icon="download"
          onClick={() => download(`wrap-${item.id}.der`, 'application/octet-stream', der.buffer as ArrayBuffer)}
        >
          {t('words.wrappingKey')}
        </Button>
        <Button
          icon="download"
          onClick={() =>
            download(`parameters-${item.id}.json`, 'application/json', `${JSON.stringify(parameters, undefined, 2)}\n`)
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
  const text = wrapCommands(tool, item)
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
        {tool === 'openssl' && isPair(item.spec) ? t('import.elsewhere.openssl3') : t(`import.toolNote.${tool}`)}
      </p>
    </Panel>
  )
}

type UploadsProps = Pick<Props, 'item' | 'wrapped' | 'onWrapped'>

function Uploads({ item, wrapped, onWrapped }: UploadsProps) {
  const { t } = useTranslation()
  const pair = isPair(item.spec)
  const [files, setFiles] = useState<{ readonly material?: string; readonly privateKey?: string }>({})
  const [error, setError] = useState<string>()
  const take = async (part: 'material' | 'privateKey', file: File | undefined): Promise<void> => {
    if (file === undefined) return
    setError(undefined)
    if (file.size === 0) return setError(t('m.03'))
    if (file.size > wrappedLimit) return setError(t('import.elsewhere.tooLong', { name: file.name }))
    const bytes = new Uint8Array(await file.arrayBuffer())
    const whole = ofHoldfast(bytes)
    if (whole !== undefined) return onWrapped(whole)
    const next = { ...files, [part]: wrappedText(bytes) }
    setFiles(next)
    const { material, privateKey } = next
    const isWhole = material !== undefined && (!pair || privateKey !== undefined)
    onWrapped(isWhole ? { material, privateKey: pair ? (privateKey ?? null) : null } : undefined)
  }
  return (
    <Panel title={t('import.elsewhere.bring')} padded>
      <div className="stack">
        <FilePick
          label={pair ? t('import.elsewhere.wrappedTemporary') : t('import.elsewhere.wrappedMaterial')}
          onFile={(file) => void take('material', file)}
        />
        {pair && <FilePick label={t('import.elsewhere.wrappedPrivate')} onFile={(file) => void take('privateKey', file)} />}
        <Alert text={error} />
        {wrapped !== undefined && (
          <Banner tone="ok" live="polite">
            <p>{t('import.elsewhere.ready')}</p>
          </Banner>
        )}
      </div>
    </Panel>
  )
}

function FilePick({ label, onFile }: { readonly label: string; readonly onFile: (file: File | undefined) => void }) {
  return (
    <label className="file-label">
      <span>{label}</span>
      <input type="file" onChange={(event) => onFile(event.target.files?.[0])} />
    </label>
  )
}

/** What `holdfast material wrap` writes holds all the parts. */
function ofHoldfast(bytes: Uint8Array): WrappedElsewhere | undefined {
  if (bytes[0] !== 0x7b) return undefined
  try {
    const { encrypted_key_material: material, encrypted_privatekey: privateKey = null } = JSON.parse(
      new TextDecoder().decode(bytes),
    )
    return typeof material === 'string' ? { material, privateKey } : undefined
  } catch {
    return undefined
  }
}

/** Base64 of the file, or the file itself where it holds base64 already. */
function wrappedText(bytes: Uint8Array): string {
  const text = bytes.every((byte) => byte < 0x80) ? new TextDecoder().decode(bytes).replaceAll(/\s+/g, '') : ''
  return /^[A-Za-z0-9+/]{40,}={0,2}$/.test(text) && text.length % 4 === 0 ? text : bytes.toBase64()
}

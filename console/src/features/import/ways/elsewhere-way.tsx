/**
 * Material that is wrapped on another computer or by an HSM: wrapping key and token out, wrapped
 * files in.
 */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { drillParameters, importParameters, type KeyCard } from '../../../api/admin.ts'
import { Button } from '../../../parts/controls/button.tsx'
import { CopyButton } from '../../../parts/controls/copy.tsx'
import { CodeBlock } from '../../../parts/data/code-block.tsx'
import { download } from '../../../parts/data/download.ts'
import { fullTime } from '../../../parts/data/format.ts'
import { useNow } from '../../../parts/data/time.tsx'
import { hasHeld } from '../../../parts/data/was-held.ts'
import { Banner } from '../../../parts/page/banner.tsx'
import { Panel } from '../../../parts/page/panel.tsx'
import { Failed, Loading } from '../../../parts/page/states.tsx'
import { isPair, specOf } from '../../key/kinds.ts'
import type { Choices, Mode } from '../choices.ts'
import type { WrappedElsewhere } from '../wizard-state.ts'
import { makesMaterial, type Tool, tools, wrapCommands } from './commands.ts'
import { Uploads } from './uploads.tsx'

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

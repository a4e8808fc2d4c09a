/**
 * Keys: / and Ctrl+K search, g o and g k go places, ? lists them. Single letters never act in a
 * field and can be switched off.
 */
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { Button } from '../../parts/controls/button.tsx'
import { Dialog } from '../../parts/controls/dialog.tsx'
import { shortcuts } from '../settings.ts'
import { quickSearchId } from './quick-search.tsx'

const destinations: Readonly<Record<string, string>> = {
  o: '/',
  k: '/keys',
  t: '/try',
  a: '/audit',
}
const goWithinMs = 1500

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  )
}

/**
 * Acts on the keys that are pressed.
 * @returns whether the list of them is asked for, and what closes it.
 */
function useShortcuts(): { readonly isListed: boolean; readonly close: () => void } {
  const [isListed, setListed] = useState(false)
  const [, go] = useLocation()
  useEffect(() => {
    let goAt = 0
    const onKey = (event: KeyboardEvent): void => {
      if (document.querySelector('dialog[open]') !== null) return
      const focusSearch = (): void => {
        event.preventDefault()
        document.getElementById(quickSearchId)?.focus()
      }
      if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey)) return focusSearch()
      if (
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        isTyping(event.target) ||
        shortcuts.get() === 'off'
      )
        return
      if (event.key === '/') return focusSearch()
      if (event.key === '?') return setListed(true)
      const destination = destinations[event.key]
      if (destination !== undefined && Date.now() - goAt < goWithinMs) go(destination)
      goAt = event.key === 'g' ? Date.now() : 0
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [go])
  return { isListed, close: () => setListed(false) }
}

/** The keys work on every page; their list is shown when it is asked for. */
export function Shortcuts() {
  const { isListed, close } = useShortcuts()
  return isListed && <ShortcutList onClose={close} />
}

function ShortcutList({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation()
  const rows = [
    ['/', t('shortcuts.search')],
    ['Ctrl+K', t('shortcuts.search')],
    ['g o', t('nav.overview')],
    ['g k', t('nav.keys')],
    ['g t', t('nav.try')],
    ['g a', t('nav.audit')],
    ['?', t('shortcuts.list')],
    ['Ctrl+Enter', t('shortcuts.run')],
  ] as const
  return (
    <Dialog
      title={t('shortcuts.title')}
      lead={t('shortcuts.lead')}
      onClose={onClose}
      footer={
        <Button data-autofocus onClick={onClose}>
          {t('common.close')}
        </Button>
      }
    >
      <dl className="facts">
        {rows.map(([keys, what]) => (
          <div key={keys} className="fact">
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}

/**
 * The search of the top bar: an alias or an ID leads to the key, a pasted ciphertext to the page
 * that says which key opens it.
 */
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { looksSecret } from '../../features/keys/search-state.ts'
import { looksLikeCiphertext } from '../../features/try/envelope.ts'
import { pastedCiphertext } from '../../features/try/pasted.ts'
import { Icon } from '../../parts/page/icon.tsx'

const idForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
export const quickSearchId = 'quick-search'

export function QuickSearch() {
  const { t } = useTranslation()
  const [, go] = useLocation()
  const input = useRef<HTMLInputElement>(null)
  const search = (): void => {
    const text = input.current?.value.trim() ?? ''
    if (input.current) input.current.value = ''
    if (text === '') return go('/keys')
    if (looksLikeCiphertext(text)) {
      // It stays in the page: an address is kept in places that nobody thinks of.
      pastedCiphertext.set(text)
      return go('/try/identify')
    }
    if (idForm.test(text.toLowerCase())) return go(`/keys/${text.toLowerCase()}`)
    if (looksSecret(text)) return go('/keys')
    go(`/keys?text=${encodeURIComponent(text.slice(0, 255).toWellFormed())}`)
  }
  return (
    <search className="quick-search">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          search()
        }}
      >
        <Icon name="search" />
        <input
          ref={input}
          id={quickSearchId}
          className="input"
          type="search"
          aria-label={t('shell.search')}
          placeholder={t('shell.searchHint')}
          autoComplete="off"
          spellCheck={false}
        />
        <span className="key-cap" aria-hidden="true">
          /
        </span>
      </form>
    </search>
  )
}

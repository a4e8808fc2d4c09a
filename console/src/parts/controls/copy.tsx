/** A value with a button that copies it. Never used for key material. */
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { notify } from '../../app/notices.ts'
import { IconButton } from './button.tsx'

/** The button shows for so long that it has copied: a dialog may cover the notice. */
const doneMs = 2000

/** @param name of the value in the person's language. */
export function CopyButton({ value, name }: { readonly value: string; readonly name: string }) {
  const { t } = useTranslation()
  const [copies, setCopies] = useState(0)
  useEffect(() => {
    if (copies === 0) return
    const timer = setTimeout(() => setCopies(0), doneMs)
    return () => clearTimeout(timer)
  }, [copies])
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(value)
      setCopies((before) => before + 1)
      notify('ok', t('common.copied', { name }))
    } catch {
      notify('warning', t('common.copyFailed', { name }))
    }
  }
  return (
    <IconButton
      icon={copies > 0 ? 'tick' : 'copy'}
      label={t('common.copyName', { name })}
      onClick={() => void copy()}
    />
  )
}

type CopiedProps = {
  readonly name: string
  readonly value: string
  /** What is shown, where that is not what is copied. */
  readonly shown?: string
}

/**
 * A value in the type of code and its button, which stays next to it however the value breaks.
 * @param name as of `CopyButton`.
 */
export function Copied({ name, value, shown = value }: CopiedProps) {
  return (
    <span className="copied mono">
      <span className="break">{shown}</span>
      <CopyButton value={value} name={name} />
    </span>
  )
}

/** Takes a file of material: dropped on it, or chosen with its button. */
import { type DragEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../../../parts/controls/button.tsx'

type Props = {
  /** Name of the file that was read last; empty where none was. */
  readonly chosen: string
  readonly onFile: (file: File | undefined) => void
}

export function DropZone({ chosen, onFile }: Props) {
  const { t } = useTranslation()
  const input = useRef<HTMLInputElement>(null)
  const [isOver, setOver] = useState(false)
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setOver(false)
    onFile(event.dataTransfer.files[0])
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut for those with a mouse; the button does the same.
    <div
      className={`drop-zone${isOver ? ' over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <p>{chosen === '' ? t('import.read.drop') : <bdi className="mono break">{chosen}</bdi>}</p>
      <Button icon="upload" onClick={() => input.current?.click()}>
        {t('import.read.choose')}
      </Button>
      <input
        ref={input}
        type="file"
        className="sr-only"
        tabIndex={-1}
        aria-label={t('import.read.choose')}
        onChange={(event) => {
          onFile(event.target.files?.[0])
          // The same file may be chosen again.
          event.target.value = ''
        }}
      />
      <p className="small soft">{t('import.read.formats')}</p>
    </div>
  )
}

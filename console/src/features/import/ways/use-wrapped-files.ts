/** Files that were wrapped on another computer: each is checked as it is chosen. */
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  modulusBytes,
  type NotWrapped,
  type Part,
  pairUp,
  readWrappedPart,
  type WrappedFor,
  type WrappedPart,
  type WrappedWhole,
} from '../../../../../src/custody/wrapped-parts.ts'
import { keySpec } from '../../../../../src/domain/keys/key-specs.ts'
import type { KeyCard } from '../../../api/admin.ts'
import { isPair } from '../../key/kinds.ts'
import type { WrappedElsewhere } from '../wizard-state.ts'
import { readHoldfastFile } from './holdfast-file.ts'

const wrappedLimit = 16_384

type WrappedFiles = {
  /** Why the file that was chosen last is refused. */
  readonly error: string | undefined
  /** The parts of a pair were given the other way round, and are put right. */
  readonly isMoved: boolean
  /** Reads a file that was chosen for a part; undefined where none was. */
  readonly take: (field: Part, file: File | undefined) => Promise<void>
}

/**
 * @param wrappingKey the key that they are wrapped under, as base64.
 * @param onWrapped takes what is ready to be sent, or undefined while a part is missing.
 */
export function useWrappedFiles(
  item: KeyCard,
  wrappingKey: string,
  onWrapped: (wrapped: WrappedElsewhere | undefined) => void,
): WrappedFiles {
  const { t } = useTranslation()
  // Not what was rendered last: two files may be chosen before either is read.
  const files = useRef<Partial<Readonly<Record<Part, WrappedPart>>>>({})
  const [error, setError] = useState<string>()
  const [isMoved, setMoved] = useState(false)
  const target = wrappedFor(item, wrappingKey)
  const refuse = ({ reason, values }: NotWrapped): void =>
    setError(t(`import.notWrapped.${reason}`, values))
  const takeWhole = (whole: WrappedWhole | NotWrapped): void => {
    if (whole.kind === 'refused') return refuse(whole)
    setMoved(whole.isSwapped)
    onWrapped({ material: whole.secret, privateKey: whole.privateKey })
  }
  /**
   * What a file is decides where it goes: a pair that was given the other way round is put right.
   */
  const takePart = (field: Part, read: WrappedPart | NotWrapped): void => {
    if (read.kind === 'refused') {
      files.current = { ...files.current, [field]: undefined }
      return refuse(read)
    }
    files.current = { ...files.current, [field]: read }
    const { secret, privateKey } = files.current
    if (!isPair(item.spec)) return onWrapped({ material: read.base64, privateKey: null })
    if (secret === undefined || privateKey === undefined) return
    takeWhole(pairUp(secret, privateKey))
  }
  const take: WrappedFiles['take'] = async (field, file) => {
    if (file === undefined) return
    setError(undefined)
    setMoved(false)
    // After a refused file, the one that was ready before is not sent.
    onWrapped(undefined)
    if (file.size > wrappedLimit)
      return setError(t('import.elsewhere.tooLong', { name: file.name }))
    const bytes = new Uint8Array(await file.arrayBuffer())
    const whole = readHoldfastFile(bytes, item.id, target)
    if (whole === undefined) return takePart(field, readWrappedPart(bytes, target))
    takeWhole(whole)
  }
  return { error, isMoved, take }
}

function wrappedFor({ spec }: KeyCard, wrappingKey: string): WrappedFor {
  return {
    spec: keySpec(spec),
    moduli: [modulusBytes(Uint8Array.fromBase64(wrappingKey)) ?? 0],
  }
}

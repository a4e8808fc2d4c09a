/**
 * What a person gives as material, read by the worker: what it answers, and what the person replies
 * to that.
 */
import { useState } from 'react'
import { tooLarge } from '../../../../../src/custody/material/verdicts.ts'
import type { KeyCard } from '../../../api/admin.ts'
import { useHold } from '../../../app/history.ts'
import type { MaterialClient } from '../../../material/client.ts'
import type { Facts, ReadAnswer, Refused, Reply, Target } from '../../../material/protocol.ts'
import { targetOf } from './target.ts'
import { type Material, useMaterialWork } from './use-material.ts'

/** The worker's answer, until it is asked again. */
type Answer = {
  readonly isBusy: boolean
  readonly answer: ReadAnswer | undefined
  /** What was typed to open the file does not open it. */
  readonly wrong: Refused | undefined
  /** Forgets what was read. */
  readonly again: () => void
}

/** What was read, and what reads or replies. */
export type MaterialReading = Answer & {
  /** Of the file that was read last; empty where none was, or a text or shares since. */
  readonly fileName: string
  readonly readFile: (file: File | undefined) => Promise<void>
  readonly readText: (field: HTMLTextAreaElement | null) => Promise<void>
  readonly readShares: (texts: readonly string[]) => Promise<void>
  readonly reply: (said: Reply) => void
}

/** @param onFacts takes what is held once it is read, or undefined once it is forgotten. */
export function useReading(
  item: KeyCard,
  material: Material,
  onFacts: (facts: Facts | undefined) => void,
): MaterialReading {
  const [fileName, setFileName] = useState('')
  const { take, refuse, ...answered } = useAnswer(onFacts)
  const target = targetOf(item)
  const readFile: MaterialReading['readFile'] = async (file) => {
    if (file === undefined) return
    onFacts(undefined)
    setFileName(file.name)
    const large = tooLarge(file.size)
    if (large !== undefined) return refuse(large)
    // Where another way is chosen before the file is read, it is not read into a new worker.
    const client = material.client()
    const bytes = await file.arrayBuffer()
    await take(client.ask('read', { target, bytes, isText: false }, [bytes]))
  }
  const readText: MaterialReading['readText'] = async (field) => {
    if (field === null) return
    setFileName('')
    onFacts(undefined)
    await take(readField(material.client(), target, field))
  }
  const readShares: MaterialReading['readShares'] = async (texts) => {
    setFileName('')
    await take(material.client().ask('readShares', { target, texts }))
  }
  useHeldQuestion(answered, material)
  return {
    ...answered,
    fileName,
    readFile,
    readText,
    readShares,
    reply: (said) => void take(material.client().ask('reply', { reply: said })),
  }
}

type Asking = Answer & {
  readonly take: (asked: Promise<ReadAnswer>) => Promise<void>
  /** Refuses what the worker was not asked to read. */
  readonly refuse: (why: Refused) => void
}

function useAnswer(onFacts: (facts: Facts | undefined) => void): Asking {
  const [answer, setAnswer] = useState<ReadAnswer>()
  const [wrong, setWrong] = useState<Refused>()
  const { isBusy, run } = useMaterialWork()
  const take: Asking['take'] = async (asked) => {
    setWrong(undefined)
    await run(
      async () => {
        const next = await asked
        // A wrong passphrase leaves the question as it is.
        if (next.kind === 'refused' && isWrongKey(next)) return setWrong(next)
        setAnswer(next)
        onFacts(next.kind === 'read' ? next.facts : undefined)
      },
      () => setAnswer(undefined),
    )
  }
  const again = (): void => {
    setAnswer(undefined)
    setWrong(undefined)
    onFacts(undefined)
  }
  return { isBusy, answer, wrong, take, refuse: setAnswer, again }
}

/** The file is right, and what was typed does not open it. */
function isWrongKey({ reason }: Refused): boolean {
  const wrong = [
    'passphrase-wrong',
    'age-passphrase',
    'age-identity',
    'age-takes-passphrase',
    'age-takes-identity',
  ]
  return wrong.includes(reason) || /^(?:identity|typed)-/.test(reason)
}

/** What a person typed stays until it is read: an error takes nothing away. */
async function readField(
  client: MaterialClient,
  target: Target,
  field: HTMLTextAreaElement,
): Promise<ReadAnswer> {
  const bytes = new TextEncoder().encode(field.value).buffer
  const answer = await client.ask('read', { target, bytes, isText: true }, [bytes])
  // The page keeps no copy that it knows of once the worker has it.
  if (answer.kind !== 'refused') field.value = ''
  return answer
}

/**
 * Leaving is asked first while it is open how to read what the worker has: it has that as it has
 * what was read.
 */
function useHeldQuestion({ answer, again }: Answer, material: Material): void {
  const isAsking = answer?.kind === 'ask' || answer?.kind === 'line-break'
  const overwrite = (): void => {
    again()
    material.lose()
  }
  useHold(isAsking ? { kind: 'material', checkValue: null, overwrite } : undefined)
}

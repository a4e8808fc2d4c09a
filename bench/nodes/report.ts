/** What is printed: a table for each point, and a summary of the ratios that have a target. */

/** @property atMost whether the target is an upper limit; otherwise it is a lower one. */
export type Ratio = {
  readonly what: string
  readonly value: number
  readonly target: number
  readonly atMost?: boolean
}

export type Point = {
  readonly title: string
  /** Names of the figures. */
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
}

/** @property ratios those of this row; the first one is in its table. */
export type Row = {
  readonly name: string
  readonly figures: readonly (number | undefined)[]
  readonly ratio?: Ratio
}

const nameWidth = 44

export function show({ title, columns, rows }: Point): void {
  console.log(`\n${title}`)
  const heads = [...columns, 'ratio', 'target'].map((name) => name.padStart(14))
  console.log(`${''.padEnd(nameWidth)}${heads.join('')}`)
  for (const { name, figures, ratio } of rows) {
    const cells = columns.map((_, i) => text(figures[i]))
    if (ratio !== undefined) cells.push(ratio.value.toFixed(2), targetOf(ratio))
    console.log(`${name.padEnd(nameWidth)}${cells.map((cell) => cell.padStart(14)).join('')}`)
  }
}

export function summarize(points: readonly Point[]): void {
  console.log('\nIn one run')
  for (const { ratio } of points.flatMap(({ rows }) => rows)) {
    if (ratio === undefined) continue
    const { what, value, target, atMost = false } = ratio
    const holds = atMost ? value <= target : value >= target
    const verdict = holds ? 'holds' : 'does not hold'
    console.log(`${what}, ${targetOf(ratio)}: ${value.toFixed(2)} (${verdict})`)
  }
}

function targetOf({ target, atMost = false }: Ratio): string {
  return `${atMost ? 'at most' : 'at least'} ${target}`
}

function text(figure: number | undefined): string {
  if (figure === undefined) return '-'
  return figure >= 100 ? figure.toFixed(0) : figure.toFixed(1)
}

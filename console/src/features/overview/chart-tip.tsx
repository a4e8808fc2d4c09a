/**
 * The figures of one step, next to where it is drawn. Screen readers have the same text as the
 * value of the slider around it.
 */
/** CSS pixels: as wide as `.chart-tip`, and the gap to the line that marks the step. */
const width = 220
const gap = 12

/**
 * To the right of the step where there is room, else to the left of it.
 * @param frame width of the chart.
 */
export function tipLeft(step: number, frame: number): number {
  return step + gap + width <= frame ? step + gap : Math.max(0, step - gap - width)
}

type Props = { readonly lines: readonly string[]; readonly left: number }

export function ChartTip({ lines, left }: Props) {
  return (
    <ul className="chart-tip" style={{ left }} aria-hidden="true">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  )
}

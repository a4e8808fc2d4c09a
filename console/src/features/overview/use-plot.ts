/** The plot of calls, drawn and read: with the pointer, or step by step with the keyboard. */
import { type KeyboardEvent, type RefObject, useCallback, useEffect, useRef, useState } from 'react'
import type uPlot from 'uplot'
import { onRedraw } from '../../app/settings.ts'
import type { CallsFigures } from './calls-figures.ts'
import { drawCalls, plotHeight, type Reading, readingAt, readPalette } from './calls-plot.ts'

/**
 * Draws the figures into a frame, again when they, the colours or the language change. The plot
 * stays as wide as the frame.
 * @param onPoint as of `drawCalls`; a new one draws the figures again.
 */
function useDrawing(
  frame: RefObject<HTMLDivElement | null>,
  figures: CallsFigures,
  onPoint: (at: Reading | undefined) => void,
): RefObject<uPlot | undefined> {
  const plot = useRef<uPlot>(undefined)
  const [palette, setPalette] = useState(readPalette)
  useEffect(() => onRedraw(() => setPalette(readPalette())), [])
  useEffect(() => {
    const element = frame.current
    if (element === null) return
    const drawn = drawCalls(element, figures, palette, onPoint)
    plot.current = drawn
    const observer = new ResizeObserver(() =>
      drawn.setSize({ width: element.clientWidth, height: plotHeight }),
    )
    observer.observe(element)
    return () => {
      observer.disconnect()
      drawn.destroy()
    }
  }, [frame, figures, palette, onPoint])
  return plot
}

/**
 * What a person reads from the plot.
 * @returns the frame of the plot, what is read in it, and the handlers of the slider around it.
 */
export function usePlot(figures: CallsFigures) {
  const [reading, setReading] = useState<Reading>()
  const hasFocus = useRef(false)
  const pointed = useCallback((at: Reading | undefined): void => {
    // The pointer has left. What the keyboard has come to is still read.
    if (at === undefined && hasFocus.current) return
    setReading(at)
  }, [])
  const frame = useRef<HTMLDivElement>(null)
  const plot = useDrawing(frame, figures, pointed)
  const { times } = figures
  const last = times.length - 1
  const readAt = (index: number): void => {
    const drawn = plot.current
    if (drawn === undefined) return
    drawn.setCursor({ left: drawn.valToPos((times[index] ?? 0) / 1000, 'x'), top: 0 })
    setReading(readingAt(drawn, figures, index))
  }
  return {
    frame,
    reading,
    onKeyDown(event: KeyboardEvent): void {
      const from = reading?.index ?? last
      const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last }[event.key]
      if (to === undefined) return
      event.preventDefault()
      readAt(Math.min(last, Math.max(0, to)))
    },
    onFocus(): void {
      hasFocus.current = true
      if (reading === undefined) readAt(last)
    },
    onBlur(): void {
      hasFocus.current = false
      plot.current?.setCursor({ left: -1, top: -1 })
    },
  }
}

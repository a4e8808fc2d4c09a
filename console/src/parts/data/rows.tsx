/**
 * The rows of a table and the entries of a list, each by itself: one that cannot be drawn says so,
 * the others are shown.
 */
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Banner } from '../page/banner.tsx'
import { Boundary, errorName } from '../page/boundary.tsx'

type Props<T> = {
  readonly of: readonly T[]
  /** Tells them apart, and names one that cannot be drawn. */
  readonly name: (one: T) => string | number
  readonly children: (one: T, index: number) => ReactNode
}

/** More columns than any table has: the browser takes as many as there are. */
const allColumns = 100

/** In a `<tbody>`. */
export function Rows<T>(props: Props<T>) {
  return (
    <Each
      {...props}
      frame={(broken) => (
        <tr>
          <td colSpan={allColumns}>{broken}</td>
        </tr>
      )}
    />
  )
}

/** In a `<ul>` or `<ol>`. */
export function Items<T>(props: Props<T>) {
  return <Each {...props} frame={(broken) => <li>{broken}</li>} />
}

function Each<T>({
  of,
  name,
  children,
  frame,
}: Props<T> & { readonly frame: (broken: ReactNode) => ReactNode }) {
  return of.map((one, index) => {
    const id = String(name(one))
    return (
      <Boundary key={id} place={id} instead={(error) => frame(<Broken name={id} error={error} />)}>
        <Drawn draw={() => children(one, index)} />
      </Boundary>
    )
  })
}

/** A component of its own, so that what it throws reaches the boundary around it. */
function Drawn({ draw }: { readonly draw: () => ReactNode }) {
  return draw()
}

function Broken({ name, error }: { readonly name: string; readonly error: unknown }) {
  const { t } = useTranslation()
  return (
    <Banner tone="danger">
      <p>{t('common.brokenRow', { name })}</p>
      <p className="small soft break">{errorName(error)}</p>
    </Banner>
  )
}

/** Panels, and lists of names and values in them. */
import type { ReactNode } from 'react'

type Props = {
  readonly title?: string
  readonly actions?: ReactNode
  readonly children: ReactNode
  readonly padded?: boolean
}

export function Panel({ title, actions, children, padded = false }: Props) {
  return (
    <section className={`panel${padded ? ' padded' : ''}`}>
      {title !== undefined && (
        <div className="panel-head">
          <h2>{title}</h2>
          {actions !== undefined && <div className="panel-actions">{actions}</div>}
        </div>
      )}
      {children}
    </section>
  )
}

export type Fact = { readonly name: string; readonly value: ReactNode; readonly more?: ReactNode }

export function Facts({ facts }: { readonly facts: readonly (Fact | false)[] }) {
  return (
    <dl className="facts">
      {facts
        .filter((fact) => fact !== false)
        .map(({ name, value, more }) => (
          <div key={name} className="fact">
            <dt>{name}</dt>
            <dd>
              {value}
              {more !== undefined && <span className="fact-more">{more}</span>}
            </dd>
          </div>
        ))}
    </dl>
  )
}

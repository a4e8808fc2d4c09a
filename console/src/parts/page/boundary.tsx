/** Keeps what breaks while it is drawn to itself: everything around it goes on. */
import { Component, type ReactNode } from 'react'

type Props = {
  /** While this stays the same, what broke is not tried again. */
  readonly place: string
  /** What is shown instead. */
  readonly instead: (error: unknown) => ReactNode
  readonly children: ReactNode
}
type State = { readonly broken: { readonly error: unknown } | null }

/** React has no hook for this: only a class can be one. */
export class Boundary extends Component<Props, State> {
  override state: State = { broken: null }

  static getDerivedStateFromError(error: unknown): State {
    return { broken: { error } }
  }

  override componentDidUpdate(before: Props): void {
    if (this.state.broken !== null && before.place !== this.props.place)
      this.setState({ broken: null })
  }

  override render(): ReactNode {
    return this.state.broken === null
      ? this.props.children
      : this.props.instead(this.state.broken.error)
  }
}

/** The name of an error, for people who report it. */
export function errorName(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}

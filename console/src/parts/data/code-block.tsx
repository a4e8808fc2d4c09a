/** Code and other long text in its own scroller, which the keyboard reaches. */

type Props = { readonly label: string; readonly text: string }

export function CodeBlock({ label, text }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled with the keyboard.
    <pre className="code" tabIndex={0} role="group" aria-label={label}>
      {text}
    </pre>
  )
}

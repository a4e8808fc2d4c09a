/**
 * Icons, drawn on 16 by 16. Each has a word next to it, or is in a control that has a name.
 */
import type { ReactNode } from 'react'

const paths = {
  tick: <path d="M3.6 8.4l3 3 5.8-6.4" strokeWidth="2" />,
  enabled: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" stroke="none" />
      <path className="on" d="M4.8 8.2l2.2 2.2 4.2-4.6" strokeWidth="1.8" />
    </>
  ),
  bar: (
    <>
      <circle cx="8" cy="8" r="6.2" />
      <path d="M5 8h6" />
    </>
  ),
  pending: (
    <>
      <circle cx="8" cy="8" r="6.2" strokeDasharray="2.4 2.2" />
      <path d="M8 4.8v5.4M5.8 8.2L8 10.4l2.2-2.2" />
    </>
  ),
  clock: (
    <>
      <circle cx="8" cy="8" r="6.2" />
      <path d="M8 4.6V8l2.4 1.6" />
    </>
  ),
  broken: <path d="M10.6 2.4A6.2 6.2 0 1 0 14 7M8 5v3.4M8 11h.01" />,
  hourglass: <path d="M4 2h8M4 14h8M5 2c0 4 6 4 6 12M11 2c0 4-6 4-6 12" />,
  warning: <path d="M8 2.2l6.3 11.3H1.7zM8 6.6v3M8 11.6h.01" />,
  cross: (
    <>
      <circle cx="8" cy="8" r="6.2" />
      <path d="M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4" />
    </>
  ),
  info: (
    <>
      <circle cx="8" cy="8" r="6.2" />
      <path d="M8 7.4V11M8 5h.01" />
    </>
  ),
  close: <path d="M4 4l8 8M12 4l-8 8" />,
  external: <path d="M8 2v7M5.2 6.4L8 9.2l2.8-2.8M2.6 10.4v3.2h10.8v-3.2" />,
  made: (
    <>
      <rect x="2.4" y="2.4" width="11.2" height="11.2" rx="1.6" />
      <circle cx="6.4" cy="8" r="1.6" />
      <path d="M8 8h3.4M10.4 8v1.6" />
    </>
  ),
  more: <path d="M3.5 8h.01M8 8h.01M12.5 8h.01" strokeWidth="2.4" />,
  search: (
    <>
      <circle cx="7" cy="7" r="4.6" />
      <path d="M10.6 10.6L14 14" />
    </>
  ),
  down: <path d="M4 6l4 4 4-4" />,
  up: <path d="M4 10l4-4 4 4" />,
  key: (
    <>
      <circle cx="5" cy="8" r="3" />
      <path d="M8 8h6.4M12 8v2.6M14.4 8v1.8" />
    </>
  ),
  overview: <path d="M2.4 13.6V8.4M6.2 13.6V5M10 13.6V2.4M13.8 13.6V7" />,
  try: (
    <>
      <rect x="1.8" y="2.8" width="12.4" height="10.4" rx="1.6" />
      <path d="M4.6 6.2L6.8 8l-2.2 1.8M8.4 10.2h3" />
    </>
  ),
  log: <path d="M3 2.4h7l3 3v8.2H3zM5.4 7h5.2M5.4 10h5.2" />,
  people: (
    <>
      <circle cx="6" cy="5.4" r="2.6" />
      <path d="M1.6 13.6c0-2.6 1.9-4.2 4.4-4.2s4.4 1.6 4.4 4.2M10.6 3.2a2.4 2.4 0 0 1 0 4.4M12 9.8c1.5.6 2.4 1.9 2.4 3.8" />
    </>
  ),
  gear: (
    <>
      <path d="M2 4.4h6M12 4.4h2M2 8h2M8 8h6M2 11.6h7M13 11.6h1" />
      <circle cx="10" cy="4.4" r="1.8" />
      <circle cx="6" cy="8" r="1.8" />
      <circle cx="11" cy="11.6" r="1.8" />
    </>
  ),
  copy: (
    <>
      <rect x="5.4" y="5.4" width="8" height="8" rx="1.2" />
      <path d="M10.6 5.4V2.6h-8v8h2.8" />
    </>
  ),
  menu: <path d="M2 4h12M2 8h12M2 12h12" />,
  bell: <path d="M3.4 11.4c1-1 1.2-2 1.2-4a3.4 3.4 0 0 1 6.8 0c0 2 .2 3 1.2 4zM6.6 13.6h2.8" />,
  sun: (
    <>
      <circle cx="8" cy="8" r="2.8" />
      <path d="M8 1.6v1.6M8 12.8v1.6M1.6 8h1.6M12.8 8h1.6M3.5 3.5l1.1 1.1M11.4 11.4l1.1 1.1M12.5 3.5l-1.1 1.1M4.6 11.4l-1.1 1.1" />
    </>
  ),
  globe: (
    <>
      <circle cx="8" cy="8" r="6.2" />
      <path d="M1.8 8h12.4M8 1.8c2.2 1.8 2.8 4 2.8 6.2S10.2 12.4 8 14.2C5.8 12.4 5.2 10.2 5.2 8S5.8 3.6 8 1.8z" />
    </>
  ),
  download: <path d="M8 2v7.4M5.2 6.8L8 9.6l2.8-2.8M2.6 13.4h10.8" />,
  upload: <path d="M8 10V2.6M5.2 5.2L8 2.4l2.8 2.8M2.6 13.4h10.8" />,
  screen: (
    <>
      <rect x="1.8" y="2.6" width="12.4" height="8.6" rx="1.2" />
      <path d="M5.6 13.8h4.8" />
    </>
  ),
} as const satisfies Record<string, ReactNode>

export type IconName = keyof typeof paths

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {paths[name]}
    </svg>
  )
}

/** The mark of Holdfast: what holds a seaweed to its rock. */
export function Brand() {
  return (
    <svg className="icon brand-mark" viewBox="0 0 22 22" aria-hidden="true" focusable="false">
      <path d="M11 2v8M11 10c-3 0-5 2-5.4 5.4M11 10c3 0 5 2 5.4 5.4M11 10v9M5.6 15.4L3 19M16.4 15.4L19 19M8.2 12.4L8 19M13.8 12.4l.2 6.6" />
    </svg>
  )
}

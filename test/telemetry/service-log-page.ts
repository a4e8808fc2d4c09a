/** Makes docs/service-log.md from the catalogue of events; run by itself, it writes the page. */
import { writeFileSync } from 'node:fs'
import {
  type EventDescription,
  type Field,
  eventThemes as themes,
} from '../../src/telemetry/events.ts'

export const page = 'docs/service-log.md'

const introduction = `# The log of a server

<!-- Made from src/telemetry/events.ts by: node_modules/.bin/node test/telemetry/service-log-page.ts -->

A server writes to standard error what it does and what goes wrong.
Each line is an event with a stable name and the fields below, as JSON, or as readable text if standard error is a terminal.
Calls are not in this log: the audit log has them.
No line holds a secret or anything that a caller sent; only the message of an \`error\` may quote what Holdfast was working on, so read it before you pass it on.

Every line has these fields:

| field | meaning |
| --- | --- |
| \`level\` | 30 for information, 40 for a warning, 50 for an error |
| \`time\` | milliseconds since 1970 |
| \`thread\` | the thread that wrote the line |
| \`event\` | name of the event |
| \`msg\` | the sentence in the table of its section |
| \`more\` | in a summary: how many lines were not written because they were alike |

The first of several lines that are alike is written at once; the others are counted, and summarized once a minute.
Lines are alike if they are of one event and agree in the fields marked with * and in where their error comes from.
A summary has these fields only.

An \`error\` is an object with \`name\`, \`message\`, \`stack\` and, if there is one, \`cause\`.

A start that fails, and a command that fails, print one further line of plain text that begins with \`holdfast:\`.
A command that works on a data folder without a server logs only what goes wrong.
`

type Events = Readonly<Record<string, EventDescription>>

function eventTable(events: Events): string {
  const rows = Object.entries(events).map(
    ([name, { level, message }]) => `| \`${name}\` | ${level} | ${message} |`,
  )
  return ['| event | level | message |', '| --- | --- | --- |', ...rows].join('\n')
}

function fieldTable(events: Events): string {
  const rows = Object.entries(events).flatMap(([event, { fields }]) =>
    Object.entries(fields).map(([name, field]) => `| \`${event}\` | ${fieldCells(name, field)} |`),
  )
  return ['| event | field | unit | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

function fieldCells(name: string, { unit, means, distinguishes }: Field): string {
  return `\`${name}\`${distinguishes === true ? ' *' : ''} | ${unit} | ${means}`
}

/** The page as it has to be. */
export function serviceLogPage(): string {
  const sections = themes.map(
    ({ title, events }) => `## ${title}\n\n${eventTable(events)}\n\n${fieldTable(events)}\n`,
  )
  return [introduction, ...sections].join('\n')
}

if (import.meta.main) writeFileSync(new URL(`../../${page}`, import.meta.url), serviceLogPage())

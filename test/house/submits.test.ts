/**
 * Every form and button of the console that changes something shows a failure at its button,
 * through the one component that moves the focus there.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const folder = 'console/src'
const sources = new Map(
  globSync('**/*.{ts,tsx}', { cwd: folder }).map((file) => [
    file.replaceAll('\\', '/'),
    readFileSync(`${folder}/${file}`, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/[^\n]*/gm, ''),
  ]),
)

/** What shows a failure at its button, each by way of one before it. */
const shown = ['SubmitError', 'RowError', 'FailureList', 'SendPanel', 'RunForm', 'SimpleDialog']

/** Calls that change nothing, although they are sent like those that do. */
const reads = ['rotationStatus', 'projectTags', 'listGrants', 'publicKey', 'describeSession']

/** What makes such calls and leaves it to its caller to show that they failed. */
const carriers = [
  'makeKey',
  'useEach',
  'useSend',
  'useRun',
  'useSignIn',
  'usePasswordChange',
  'useKeyCreation',
  'endSession',
  'drillOpenedBackup',
]

/** Changes whose failure is not shown at a button, and why. */
const exceptions: Readonly<Record<string, string>> = {
  'features/import/ways/elsewhere-way.tsx fetchParameters':
    'what a step begins with, not a button: it is shown in place of the step, with a button that tries again',
  'features/import/use-saved-choices.ts useSavedChoices':
    'a step that is not remembered is chosen again: nobody is kept from going on',
  'features/import/steps/review-step.tsx keepPlace':
    'the import is done: the place is a note that can be written on the page of the key',
  'features/import/steps/send.tsx drillOpenedBackup':
    'the import is done: its result says whether the backup was proved as well',
  'features/import/steps/send.tsx useSend': 'a carrier',
  'features/keys/new/make-key.ts makeKey': 'a carrier',
  'app/session.ts endSession': 'a carrier',
  'features/sign-in/sign-in-form.tsx useSignIn': 'a carrier',
  'features/sign-in/new-password-form.tsx usePasswordChange': 'a carrier',
  'features/people/access-key-dialogs.tsx useKeyCreation': 'a carrier',
  'features/sign-in/sign-in.tsx SignInPage':
    'leaving without a password of one’s own: the banner says that no answer comes',
  'app/shell/menus.tsx AccountMenu':
    'a menu is closed by then: the notice says that no answer came',
}

/** Functions of the two APIs that change something: all that are not a GET. */
function changes(): readonly string[] {
  const ofAdmin = [
    ...(sources.get('api/admin.ts') ?? '').matchAll(
      /^export const (\w+) = [\s\S]*?\bcall(?:<[^(]*>)?\(\s*'(\w+)'/gm,
    ),
  ]
    .filter(([, , method]) => method !== 'GET')
    .map(([, name = '']) => name)
  const ofKms = [...(sources.get('api/kms.ts') ?? '').matchAll(/^export const (\w+) = /gm)].map(
    ([, name = '']) => name,
  )
  return [...ofAdmin, ...ofKms].filter((name) => !reads.includes(name))
}

/** The functions of a file, with their code; code between two of them belongs to the first one. */
function functionsOf(code: string): readonly (readonly [name: string, code: string])[] {
  const starts = [...code.matchAll(/^(?:export )?(?:default )?(?:async )?function (\w+)/gm)]
  return starts.map((start, i) => [start[1] ?? '', code.slice(start.index, starts[i + 1]?.index)])
}

function changers(): readonly (readonly [where: string, code: string])[] {
  const names = [...changes(), ...carriers]
  // By its imported name, under another name, or as a member of a namespace.
  const uses = (code: string, file: string): boolean => {
    const renamed = [...(sources.get(file) ?? '').matchAll(/\b(\w+) as (\w+)/g)].filter(
      ([, from = '']) => names.includes(from),
    )
    return new RegExp(
      `(?<![.\\w]|function )(?:kms\\.)?(?:${[...names, ...renamed.map(([, , to]) => to)].join('|')})\\(`,
    ).test(code)
  }
  return [...sources]
    .filter(([file]) => !file.startsWith('api/') && !file.includes('texts'))
    .flatMap(([file, code]) =>
      functionsOf(code).map(([name, body]) => [`${file} ${name}`, body, file] as const),
    )
    .filter(([, body, file]) => uses(body, file))
    .map(([where, body]) => [where, body])
}

test('everything that makes a change renders the component that shows why it failed', () => {
  const found = changers()
  const rendersOne = new RegExp(`<(?:${shown.join('|')})\\b`)
  assert.ok(found.length >= 25, `${found.length} were found`)
  const silent = found.filter(([, code]) => !rendersOne.test(code)).map(([where]) => where)
  assert.deepEqual(silent.toSorted(), Object.keys(exceptions).toSorted())
})

test('each of those components is, or renders, the one that takes the focus', () => {
  const definedIn = (name: string): string =>
    [...sources.values()].flatMap((code) => functionsOf(code)).find(([one]) => one === name)?.[1] ??
    ''
  for (const [i, name] of shown.entries()) {
    if (i === 0) assert.match(definedIn(name), /\.focus\(\)/)
    else assert.match(definedIn(name), new RegExp(`<(?:${shown.slice(0, i).join('|')})\\b`), name)
  }
})

test('all calls that are not reads are checked', () => {
  const found = changes()
  for (const name of [
    'signIn',
    'importMaterial',
    'drill',
    'discardImport',
    'setAccessKey',
    'succeed',
    'createKey',
    'rotateNow',
    'sign',
  ])
    assert.ok(found.includes(name), name)
  for (const name of reads) assert.ok(!found.includes(name), name)
  for (const name of ['searchKeys', 'overview', 'listImports'])
    assert.ok(!found.includes(name), name)
})

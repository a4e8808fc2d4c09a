/**
 * Which page an address shows. Pages that are not the first one are loaded when they are opened.
 */
import { lazy, Suspense } from 'react'
import { Redirect, Route, Router, Switch } from 'wouter'
import { useSearch } from 'wouter/use-browser-location'
import { SignInPage } from '../features/sign-in/sign-in.tsx'
import { PageBoundary } from '../parts/page/page-boundary.tsx'
import { Loading } from '../parts/page/states.tsx'
import { aroundNavigation } from './history.ts'
import { ConnectionBanner } from './presence.tsx'
import { sessionState } from './session.ts'
import { Shell } from './shell/shell.tsx'

const Overview = lazy(() => import('../features/overview/overview.tsx'))
const Keys = lazy(() => import('../features/keys/keys.tsx'))
const NewKey = lazy(() => import('../features/keys/new/new-key.tsx'))
const KeyPage = lazy(() => import('../features/key/key-page.tsx'))
const ImportPage = lazy(() => import('../features/import/import-page.tsx'))
const Imports = lazy(() => import('../features/import/imports.tsx'))
const Try = lazy(() => import('../features/try/try.tsx'))
const Identify = lazy(() => import('../features/try/identify.tsx'))
const Audit = lazy(() => import('../features/audit/audit.tsx'))
const People = lazy(() => import('../features/people/people.tsx'))
const System = lazy(() => import('../features/system/system.tsx'))
const NotFound = lazy(() => import('./not-found.tsx'))

export const base = '/console'

/**
 * wouter decodes a query as a whole before its parameters are: a percent sign in one of them would
 * be taken for an escape.
 */
const useWholeSearch = (): string => useSearch().replaceAll('%', '%25')

export function App() {
  const state = sessionState.use()
  return (
    <Router base={base} searchHook={useWholeSearch} aroundNav={aroundNavigation}>
      <PageBoundary>
        <Content
          kind={state.kind}
          mustChange={state.kind === 'active' && state.session.must_change_password}
        />
      </PageBoundary>
    </Router>
  )
}

function Content({
  kind,
  mustChange,
}: {
  readonly kind: 'unknown' | 'none' | 'active' | 'ended'
  readonly mustChange: boolean
}) {
  if (kind === 'unknown')
    return (
      <>
        <ConnectionBanner />
        <main className="sign-in-page">
          <Loading rows={0} />
        </main>
      </>
    )
  if (kind === 'none' || mustChange) return <SignInPage />
  return (
    <Shell>
      <Suspense fallback={<Loading />}>
        <Pages />
      </Suspense>
    </Shell>
  )
}

/** The page of an address, for somebody who is signed in. */
function Pages() {
  return (
    <Switch>
      <Route path="/" component={Overview} />
      <Route path="/sign-in">
        <Redirect to="/" replace />
      </Route>
      <Route path="/keys" component={Keys} />
      <Route path="/keys/new" component={NewKey} />
      <Route path="/keys/import">
        <ImportPage mode="import" keyId={undefined} />
      </Route>
      <Route path="/keys/:id/import">
        {({ id }) => <ImportPage key={id} mode="import" keyId={id} />}
      </Route>
      <Route path="/keys/:id/drill">
        {({ id }) => <ImportPage key={id} mode="drill" keyId={id} />}
      </Route>
      <Route path="/keys/:id">{({ id }) => <KeyPage key={id} id={id} tab="overview" />}</Route>
      <Route path="/keys/:id/:tab">{({ id, tab }) => <KeyPage key={id} id={id} tab={tab} />}</Route>
      <Route path="/imports" component={Imports} />
      <Route path="/try" component={Try} />
      <Route path="/try/identify" component={Identify} />
      <Route path="/audit" component={Audit} />
      <Route path="/people" component={People} />
      <Route path="/system" component={System} />
      <Route component={NotFound} />
    </Switch>
  )
}

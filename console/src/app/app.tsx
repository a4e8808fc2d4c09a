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
import { Shell } from './shell.tsx'

const Overview = lazy(() => import('../features/overview/overview.tsx'))
const Keys = lazy(() => import('../features/keys/keys.tsx'))
const NewKey = lazy(() => import('../features/keys/new-key.tsx'))
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
        <Switch>
          <Route path="/">
            <Overview />
          </Route>
          <Route path="/sign-in">
            <Redirect to="/" replace />
          </Route>
          <Route path="/keys">
            <Keys />
          </Route>
          <Route path="/keys/new">
            <NewKey />
          </Route>
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
          <Route path="/keys/:id/:tab">
            {({ id, tab }) => <KeyPage key={id} id={id} tab={tab} />}
          </Route>
          <Route path="/imports">
            <Imports />
          </Route>
          <Route path="/try">
            <Try />
          </Route>
          <Route path="/try/identify">
            <Identify />
          </Route>
          <Route path="/audit">
            <Audit />
          </Route>
          <Route path="/people">
            <People />
          </Route>
          <Route path="/system">
            <System />
          </Route>
          <Route>
            <NotFound />
          </Route>
        </Switch>
      </Suspense>
    </Shell>
  )
}

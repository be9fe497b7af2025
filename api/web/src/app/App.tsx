import { QueryClientProvider } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { Route, Switch } from 'wouter'
import { createApi } from '../api/client'
import { ApiContext, newQueryClient } from '../api/queries'
import { Callback } from '../signin/Callback'
import { SignedOut } from '../signin/SignedOut'
import { SignInAway } from '../signin/SignInAway'
import { callbackPath, type Session } from '../signin/session'
import { Boundary, reloadPage } from './Boundary'
import { SignedIn } from './SignedIn'

/** The whole page. Without a session nobody can sign in, as the issuer is away. */
export function App({ session }: { session: Session | null }) {
  if (session === null) return <SignInAway />
  return (
    <Boundary instead={reloadPage}>
      <Switch>
        <Route path={callbackPath}>
          <Callback session={session} />
        </Route>
        <Route>
          <WithSession session={session} />
        </Route>
      </Switch>
    </Boundary>
  )
}

function WithSession({ session }: { session: Session }) {
  const [signedOut, setSignedOut] = useState(false)
  const client = useMemo(() => newQueryClient(), [])
  const api = useMemo(() => createApi(session, () => setSignedOut(true)), [session])
  useEffect(() => session.onEnd(() => setSignedOut(true)), [session])

  if (signedOut) return <SignedOut session={session} />
  return (
    <QueryClientProvider client={client}>
      <ApiContext value={api}>
        <SignedIn session={session} />
      </ApiContext>
    </QueryClientProvider>
  )
}

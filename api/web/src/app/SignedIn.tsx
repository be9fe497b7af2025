import { Center, Container, Loader, Stack, Title } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { Route, Switch, useLocation } from 'wouter'
import { useMe } from '../api/queries'
import { Problem } from '../api/problem'
import { Requests } from '../requests/Requests'
import { AccessDenied } from '../signin/AccessDenied'
import { FeatureOff } from '../signin/FeatureOff'
import type { Session } from '../signin/session'
import { Boundary, ReloadNote } from './Boundary'
import { Failure } from './Failure'
import { MeContext } from './me'
import { NoSuchPage } from './NoSuchPage'
import { Shell } from './Shell'

const Settings = lazy(() => import('../settings/Settings').then((m) => ({ default: m.Settings })))

const waiting = (
  <Center h="60vh">
    <Loader aria-label="Loading" />
  </Center>
)

const broken = (
  <Container size="sm" py="xl" role="alert">
    <Stack align="start">
      <Title order={1} size="h2">
        Please reload this page
      </Title>
      <ReloadNote />
    </Stack>
  </Container>
)

/** Decides what the signed-in user may see. */
export function SignedIn({ session }: { session: Session }) {
  const me = useMe()
  const [path] = useLocation()
  if (me.data === undefined) {
    if (me.error instanceof Problem && me.error.code === 'access_denied') return <AccessDenied session={session} />
    if (me.error !== null) return <Failure error={me.error} retry={() => void me.refetch()} />
    return waiting
  }
  if (!me.data.isAdmin) return <AccessDenied session={session} email={me.data.email} />
  if (!me.data.featureEnabled) return <FeatureOff session={session} me={me.data} />
  return (
    <MeContext value={me.data}>
      <Shell session={session}>
        <Boundary path={path} instead={broken}>
          <Suspense fallback={waiting}>
            <Switch>
              <Route path="/settings">
                <Settings />
              </Route>
              <Route path="/requests/:id">{({ id }) => <Requests openId={id} />}</Route>
              <Route path="/">
                <Requests />
              </Route>
              <Route>
                <NoSuchPage />
              </Route>
            </Switch>
          </Suspense>
        </Boundary>
      </Shell>
    </MeContext>
  )
}

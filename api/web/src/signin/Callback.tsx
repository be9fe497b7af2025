import { Button, Center, Loader, Text } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { Notice } from './Notice'
import type { Session } from './session'

/** Where the issuer sends people back to. */
export function Callback({ session }: { session: Session }) {
  const [, navigate] = useLocation()
  const [failed, setFailed] = useState(false)
  const begun = useRef(false) // a code is good for one use, and effects may run twice

  useEffect(() => {
    if (begun.current) return
    begun.current = true
    session.completeSignIn().then(
      (path) => navigate(path, { replace: true }),
      () => setFailed(true),
    )
  }, [session, navigate])

  if (!failed) {
    return (
      <Center component="main" h="80vh">
        <Loader aria-label="Signing in" />
      </Center>
    )
  }
  return (
    <Notice title="You were not signed in">
      <Text>The sign-in was cancelled, or it took too long.</Text>
      <Button onClick={() => void session.signIn('/')}>Sign in again</Button>
    </Notice>
  )
}

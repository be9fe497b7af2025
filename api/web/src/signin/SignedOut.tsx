import { Button, Text } from '@mantine/core'
import { useState } from 'react'
import { Notice } from './Notice'
import type { Session } from './session'

/** For everybody without a session, and for whom it has ended. */
export function SignedOut({ session }: { session: Session }) {
  const [leaving, setLeaving] = useState(false)
  const signIn = () => {
    setLeaving(true)
    session.signIn(location.pathname + location.search).catch(() => setLeaving(false))
  }
  return (
    <Notice title="Bulk Export & Delete Data">
      <Text>You are signed out. Sign in as an administrator of your account to go on.</Text>
      <Button onClick={signIn} loading={leaving}>
        Sign in
      </Button>
    </Notice>
  )
}

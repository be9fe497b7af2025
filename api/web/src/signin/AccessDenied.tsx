import { Button, Text } from '@mantine/core'
import { Notice } from './Notice'
import type { Session } from './session'

/** For users who are not active administrators of an account. */
export function AccessDenied({ session, email }: { session: Session; email?: string }) {
  return (
    <Notice title="Access Denied">
      <Text>
        Only administrators can export and delete data in bulk.
        {email !== undefined && <> You are signed in as {email}.</>} Ask an administrator of your account, or sign in as
        somebody else.
      </Text>
      <Button variant="default" onClick={() => void session.signOut()}>
        Sign out
      </Button>
    </Notice>
  )
}

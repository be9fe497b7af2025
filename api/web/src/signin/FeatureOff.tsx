import { Button, Text } from '@mantine/core'
import type { Me } from '../api/client'
import { Notice } from './Notice'
import type { Session } from './session'

/** For administrators of accounts in which the feature is not switched on. */
export function FeatureOff({ session, me }: { session: Session; me: Me }) {
  return (
    <Notice title="Bulk Export & Delete Data is not switched on">
      <Text>
        {me.account.name} does not have this feature. Ask your account manager or support to have it switched on.
      </Text>
      <Button variant="default" onClick={() => void session.signOut()}>
        Sign out
      </Button>
    </Notice>
  )
}

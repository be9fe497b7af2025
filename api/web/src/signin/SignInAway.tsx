import { Button, Text } from '@mantine/core'
import { Notice } from './Notice'

/** While the issuer is away. The API tells the page when it is served, so trying again is loading it again. */
export function SignInAway() {
  return (
    <Notice title="Signing in is not possible at the moment">
      <Text>
        The service that signs people in does not answer. Requests go on meanwhile. Please try again in a few minutes.
      </Text>
      <Button onClick={() => location.reload()}>Try again</Button>
    </Notice>
  )
}

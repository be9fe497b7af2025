import { Alert, Button, Container, Stack, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { sentenceOf } from '../api/problem'

/** Says why something cannot be shown, and offers to try again. */
export function Failure({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <Container size="sm" py="xl">
      <Alert
        color="red"
        variant="outline"
        title="This could not be loaded"
        icon={<IconAlertTriangle aria-hidden />}
        role="alert"
      >
        <Stack align="start">
          <Text size="sm">{sentenceOf(error)}</Text>
          <Button variant="default" onClick={retry}>
            Try again
          </Button>
        </Stack>
      </Alert>
    </Container>
  )
}

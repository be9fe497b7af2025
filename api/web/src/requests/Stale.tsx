import { Alert, Button, Group, Text } from '@mantine/core'
import { IconCloudOff } from '@tabler/icons-react'
import { sentenceOf } from '../api/problem'
import { Moment } from '../time/Moment'

/** Says that what is shown may be outdated. */
export function Stale({ error, since, retry }: { error: unknown; since: number; retry: () => void }) {
  return (
    <Alert role="alert" color="red" variant="outline" icon={<IconCloudOff aria-hidden />}>
      <Group justify="space-between">
        <Text size="sm">
          Could not refresh. Last updated <Moment at={new Date(since).toISOString()} />. {sentenceOf(error)}
        </Text>
        <Button variant="default" size="xs" onClick={retry}>
          Try again
        </Button>
      </Group>
    </Alert>
  )
}

import { Group, Stack, Text } from '@mantine/core'
import type { Request } from '../api/client'
import { RequestProgress } from './RequestProgress'
import { Starts } from './Starts'
import { StatusBadge } from './StatusBadge'
import { outcomesOf, phaseWords } from './words'

/** What a request is doing, or what came of it. */
export function StatusCell({ request }: { request: Request }) {
  return (
    <Stack gap={6} align="stretch">
      <Group gap="xs">
        <StatusBadge status={request.status} />
        <Text size="sm" c="dimmed" component="span">
          {phaseWords(request)}
        </Text>
      </Group>
      <Note request={request} />
    </Stack>
  )
}

function Note({ request }: { request: Request }) {
  switch (request.status) {
    case 'in_queue':
      return <Starts at={request.startsAt} />
    case 'in_progress':
      return <RequestProgress request={request} />
    case 'success':
      return <Text size="sm">{outcomesOf(request)}</Text>
    case 'failed':
      return (
        <Text size="sm" lineClamp={3}>
          {request.failure?.detail ?? request.statusDetail}
        </Text>
      )
    case 'revoked':
      return <Text size="sm">{request.statusDetail}</Text>
  }
}

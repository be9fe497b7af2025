import { Stack, Text } from '@mantine/core'
import type { Request } from '../api/client'
import { RequestProgress } from './RequestProgress'
import { Starts } from './Starts'
import { StatusBadge } from './StatusBadge'

/** What a request is doing, or what came of it. */
export function StatusCell({ request }: { request: Request }) {
  return (
    <Stack gap={4} align="stretch">
      <div>
        <StatusBadge status={request.status} />
      </div>
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
    default:
      return (
        <Text size="sm" lineClamp={3}>
          {request.failure?.detail ?? request.statusDetail}
        </Text>
      )
  }
}

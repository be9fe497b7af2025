import { Alert, Code, Stack, Text } from '@mantine/core'
import { IconCircleX } from '@tabler/icons-react'
import type { Request } from '../api/client'
import { actionsOf } from '../requests/actions'

/** Why a request failed, and what to do now. */
export function FailureNote({ request, failure }: { request: Request; failure: NonNullable<Request['failure']> }) {
  const hasFiles = actionsOf(request).includes('download')
  return (
    <Alert color="red" variant="outline" icon={<IconCircleX aria-hidden />} title="The request failed">
      <Stack gap="xs">
        <Text size="sm">{failure.detail}</Text>
        <Text size="sm">
          View Report lists what became of each record.
          {hasFiles && ' What was deleted was exported before: download it, as there may be no other copy.'}
        </Text>
        <Text size="sm" c="dimmed">
          Code for support: <Code>{failure.code}</Code>
        </Text>
      </Stack>
    </Alert>
  )
}

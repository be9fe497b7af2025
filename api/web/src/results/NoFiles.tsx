import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import type { Request } from '../api/client'
import { Problem, sentenceOf } from '../api/problem'
import { useReport } from './useReport'

/** Why there is nothing to download, and what there is instead. */
export function NoFiles({ request, error, retry }: { request: Request; error: unknown; retry: () => void }) {
  const report = useReport()
  const ended = request.status === 'success' || request.status === 'failed'
  const expired = error instanceof Problem && error.code === 'export_expired'
  const final = error instanceof Problem && !error.passing
  return (
    <Alert
      color="red"
      variant="outline"
      icon={<IconAlertTriangle aria-hidden />}
      title={expired ? 'These files are gone' : 'The files cannot be shown'}
      role="alert"
    >
      <Stack align="start">
        <Text size="sm">{sentenceOf(error)}</Text>
        {expired && (
          <Text size="sm">
            Files are kept for 30 days from the creation of a request. The report stays: it says what became of each
            record.
          </Text>
        )}
        <Group>
          {!final && (
            <Button variant="default" onClick={retry}>
              Try again
            </Button>
          )}
          {final && ended && (
            <Button variant="default" loading={report.busy} onClick={() => void report.download(request)}>
              View Report
            </Button>
          )}
        </Group>
      </Stack>
    </Alert>
  )
}

import { Alert, Button, Group, Paper, Skeleton, Stack, Text, VisuallyHidden } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useId, type ReactNode } from 'react'
import type { Preview, PreviewRequest } from '../api/client'
import { Problem, sentenceOf } from '../api/problem'
import type { usePreview } from '../api/queries'
import { count } from '../time/format'
import { Selection } from './Selection'
import { StartTime } from './StartTime'

/** What the request would do if it were created now, or why it would be refused. */
export function PreviewPanel({
  body,
  preview,
}: {
  body: PreviewRequest | null
  preview: ReturnType<typeof usePreview>
}) {
  const heading = useId()
  return (
    <Paper
      component="section"
      aria-labelledby={heading}
      aria-live="polite"
      withBorder
      p="md"
      mih={176}
      bg="var(--mantine-color-default-hover)"
    >
      <Text component="h3" id={heading} size="sm" fw={650} mb="xs">
        Preview
      </Text>
      {body === null ? (
        <Text size="sm" c="dimmed">
          Pick an activity type and how old its activities are, to see what would go. Nothing is deleted yet.
        </Text>
      ) : preview.data !== undefined ? (
        <Outlook body={body} preview={preview.data} />
      ) : preview.error !== null ? (
        <Refusal detail={sentenceOf(preview.error)}>
          {!(preview.error instanceof Problem && preview.error.code === 'invalid_request') && (
            <Button variant="default" size="xs" onClick={() => void preview.refetch()}>
              Try again
            </Button>
          )}
        </Refusal>
      ) : (
        <Counting />
      )}
    </Paper>
  )
}

function Counting() {
  return (
    <Stack gap="sm">
      <VisuallyHidden>Counting…</VisuallyHidden>
      <Skeleton height={28} width="60%" />
      <Skeleton height={14} width="90%" />
      <Skeleton height={14} width="70%" />
    </Stack>
  )
}

function Outlook({ body, preview }: { body: PreviewRequest; preview: Preview }) {
  const { refusal } = preview
  const counted = refusal?.code !== 'unknown_activity_type' // those are not counted
  return (
    <Stack gap="sm">
      {refusal !== null && <Refusal detail={refusal.detail} />}
      {counted && (
        <>
          <Group gap="0 var(--mantine-spacing-xl)">
            <Figure n={preview.records} one="activity" many="activities" />
            {/* Attachments of more than a request may hold are not counted. */}
            {refusal?.code !== 'request_too_large' && (
              <Figure n={preview.attachments} one="attachment" many="attachments" />
            )}
          </Group>
          <Selection body={body} preview={preview} />
        </>
      )}
      {refusal === null && (
        <Text size="sm">
          Starts at the earliest: <StartTime at={preview.earliestStart} />
        </Text>
      )}
    </Stack>
  )
}

function Figure({ n, one, many }: { n: number; one: string; many: string }) {
  return (
    <Text>
      <Text span fz={26} fw={650} lh={1.2}>
        {count(n)}
      </Text>{' '}
      {n === 1 ? one : many}
    </Text>
  )
}

function Refusal({ detail, children }: { detail: string; children?: ReactNode }) {
  return (
    <Alert color="red" role="alert" icon={<IconAlertTriangle aria-hidden />}>
      <Group justify="space-between">
        <span>{detail}</span>
        {children}
      </Group>
    </Alert>
  )
}

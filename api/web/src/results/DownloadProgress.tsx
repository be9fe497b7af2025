import { Button, Group, Paper, Progress, Stack, Text, VisuallyHidden } from '@mantine/core'
import { IconPlayerStop } from '@tabler/icons-react'
import { count, size } from '../time/format'
import { useNow } from '../time/useNow'
import classes from './DownloadProgress.module.css'
import type { Batch, State } from './Downloads'

/** How the downloads under way go, or how the last ones ended. */
export function DownloadProgress({ state: { batch, message }, stop }: { state: State; stop: () => void }) {
  return (
    <div className={classes.progress}>
      {batch !== null && <Underway batch={batch} stop={stop} />}
      {/* While they are under way the numbers show it: the sentence is for who cannot see them. */}
      <div role="status">
        {batch === null && message !== '' ? <Ended message={message} /> : <VisuallyHidden>{message}</VisuallyHidden>}
      </div>
    </div>
  )
}

function Ended({ message }: { message: string }) {
  return (
    <Paper withBorder p="sm">
      <Text size="sm">{message}</Text>
    </Paper>
  )
}

function Underway({ batch, stop }: { batch: Batch; stop: () => void }) {
  const bytes = batch.fetchedBytes + (batch.current?.bytes ?? 0)
  const percent = batch.bytes === 0 ? 100 : Math.floor((bytes / batch.bytes) * 100)
  return (
    <Paper withBorder p="sm">
      <Stack gap="xs">
        <Group justify="space-between" wrap="nowrap">
          <Text size="sm">
            {count(batch.fetchedFiles)} of {count(batch.files)} files, {size(bytes)} of {size(batch.bytes)}
          </Text>
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<IconPlayerStop size={16} aria-hidden />}
            onClick={stop}
          >
            Stop
          </Button>
        </Group>
        <Progress value={percent} aria-label="Download progress" />
        {batch.resumesAt !== null && <Resumes at={batch.resumesAt} />}
      </Stack>
    </Paper>
  )
}

function Resumes({ at }: { at: number }) {
  const now = useNow(1000)
  const seconds = Math.max(1, Math.ceil((at - now.getTime()) / 1000))
  return (
    <Text size="sm" c="dimmed">
      The server asks for patience: goes on in {seconds} s
    </Text>
  )
}

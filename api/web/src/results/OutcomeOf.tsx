import { Group, Text } from '@mantine/core'
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import type { Outcome } from './Downloads'

/** What became of a download, in a word or a sentence. */
export function OutcomeOf({ outcome }: { outcome: Outcome }) {
  switch (outcome.step) {
    case 'queued':
      return (
        <Text size="sm" c="dimmed">
          Waiting
        </Text>
      )
    case 'fetching':
      return (
        <Text size="sm" c="dimmed">
          {outcome.share === 0 ? 'Downloading' : `${Math.floor(outcome.share * 100)} %`}
        </Text>
      )
    case 'saved':
      return (
        <Group gap={4} wrap="nowrap" c="green.8">
          <IconCheck size={16} aria-hidden />
          <Text size="sm" inherit>
            Saved
          </Text>
        </Group>
      )
    case 'failed':
      return (
        <Group gap={4} wrap="nowrap" align="start" c="red" ta="left" role="alert" maw={360}>
          <IconAlertTriangle size={16} aria-hidden style={{ flexShrink: 0, marginTop: 2 }} />
          <Text size="sm" inherit>
            {outcome.sentence}
          </Text>
        </Group>
      )
  }
}

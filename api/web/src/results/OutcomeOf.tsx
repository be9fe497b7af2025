import { Group, Text } from '@mantine/core'
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import type { Outcome } from './Downloads'
import classes from './OutcomeOf.module.css'

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
        <Group gap={4} wrap="nowrap" className={classes.saved}>
          <IconCheck size={16} aria-hidden />
          <Text size="sm">Saved</Text>
        </Group>
      )
    case 'failed':
      return (
        <Group gap={6} wrap="nowrap" align="start" c="var(--mantine-color-error)" ta="left" role="alert" maw={420}>
          <IconAlertTriangle size={16} aria-hidden style={{ flexShrink: 0, marginTop: 2 }} />
          <Text size="sm">{outcome.sentence}</Text>
        </Group>
      )
  }
}

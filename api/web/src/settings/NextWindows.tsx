import { Alert, Badge, Paper, Stack, Text, Title } from '@mantine/core'
import { IconInfoCircle } from '@tabler/icons-react'
import type { Account, Window } from '../api/client'
import { dateTime, relative, viewerZone, zoneName } from '../time/format'
import { useNow } from '../time/useNow'
import classes from './NextWindows.module.css'

const shown = 3

/** As far ahead as the API looks: a window that is open then has no end yet. */
const horizon = 365 * 24 * 60 * 60 * 1000

/** When requests may run next, as saved. */
export function NextWindows({ account, unsaved }: { account: Account; unsaved: boolean }) {
  const now = useNow()
  const windows = account.nextWindows.filter((w) => new Date(w.to) > now).slice(0, shown)
  return (
    <Paper component="section" className={classes.region} withBorder p="md" aria-labelledby="next-windows">
      <Stack gap="sm">
        <div>
          <Title order={2} size="h4" id="next-windows">
            Next windows
          </Title>
          <Text size="sm" c="dimmed">
            When requests may run, in {account.timeZone}.
          </Text>
        </div>
        {unsaved && (
          <Alert color="blue" icon={<IconInfoCircle aria-hidden />} role="note" p="xs">
            As saved: your changes are not in it yet.
          </Alert>
        )}
        {windows.length === 0 && <Text size="sm">There is none within a year: nothing can run.</Text>}
        <Stack component="ol" gap="md" p={0} m={0}>
          {windows.map((window) => (
            <Entry key={window.to} window={window} zone={account.timeZone} />
          ))}
        </Stack>
      </Stack>
    </Paper>
  )
}

function Entry({ window, zone }: { window: Window; zone: string }) {
  const now = useNow()
  const from = new Date(window.from)
  const inAccount = wordsOf(window, zone)
  const inViewers = wordsOf(window, viewerZone())
  return (
    <Stack component="li" gap={2}>
      <div>
        {from <= now ? (
          <Badge color="green" variant="light" className={classes.open} tt="none">
            Open now
          </Badge>
        ) : (
          <Badge color="gray" variant="light" className={classes.later} tt="none">
            {relative(from, now)}
          </Badge>
        )}
      </div>
      <Text size="sm" fw={600}>
        {inAccount}
      </Text>
      {inViewers !== inAccount && (
        <Text size="sm" c="dimmed">
          For you: {inViewers}
        </Text>
      )}
    </Stack>
  )
}

function wordsOf({ from, to }: Window, zone: string): string {
  const [start, end] = [new Date(from), new Date(to)]
  const first = moment(start, zone)
  if (end.getTime() - start.getTime() >= horizon) return `from ${first} on, without end (${zoneName(start, zone)})`
  const [before, after] = [zoneName(start, zone), zoneName(end, zone)]
  return before === after
    ? `${first} – ${moment(end, zone)} (${after})`
    : `${first} (${before}) – ${moment(end, zone)} (${after})`
}

function moment(at: Date, zone: string): string {
  const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'short', timeZone: zone }).format(at)
  return `${weekday} ${dateTime(at, zone)}`
}

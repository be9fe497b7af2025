import { Text } from '@mantine/core'
import { useAdmin } from '../app/me'
import { viewerZone, zoneName } from '../time/format'
import { useNow } from '../time/useNow'

/** Whose requests these are, and in which time zone times are shown. */
export function Zones() {
  const now = useNow(60_000)
  const { account } = useAdmin()
  const named = (zone: string) => `${zone} (${zoneName(now, zone)})`
  const viewer = viewerZone()
  return (
    <Text c="dimmed" size="sm">
      {account.name} keeps its business hours in {named(account.timeZone)}.{' '}
      {viewer === account.timeZone
        ? 'Times here are in that time zone, which is yours, too.'
        : `Times here are in your time zone, ${named(viewer)}.`}
    </Text>
  )
}

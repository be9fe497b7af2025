import { Alert } from '@mantine/core'
import { IconClock } from '@tabler/icons-react'
import { dateTime, viewerZone, zoneName } from '../time/format'

/** How long the files can be downloaded. */
export function DaysLeft({ daysLeft, until }: { daysLeft: number; until: string }) {
  const end = new Date(until)
  const remain = daysLeft === 1 ? '1 day remains' : `${daysLeft} days remain`
  return (
    <Alert color="blue" icon={<IconClock aria-hidden />} role="note">
      {remain} to download these files (until {dateTime(end)} {zoneName(end, viewerZone())}).
    </Alert>
  )
}

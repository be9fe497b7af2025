import { Text } from '@mantine/core'
import { dateTime, relative } from '../time/format'
import { useNow } from '../time/useNow'

/** When a request in the queue begins. */
export function Starts({ at }: { at: string | null }) {
  const now = useNow()
  const start = at === null ? null : new Date(at)
  if (start === null || start <= now) return <Text size="sm">starts any moment now</Text>
  return (
    <Text size="sm">
      starts <time dateTime={start.toISOString()}>{`${relative(start, now)} (${dateTime(start)})`}</time>
    </Text>
  )
}

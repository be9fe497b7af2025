import { Progress, Stack, Text } from '@mantine/core'
import type { Request } from '../api/client'
import { count, dateTime } from '../time/format'

/** How far a running request has come. */
export function RequestProgress({ request }: { request: Request }) {
  const { records, progress, entityName } = request
  const { exported, verified, deleted, expectedEnd } = progress
  const text = `Exported ${count(exported)} · Verified ${count(verified)} · Deleted ${count(deleted)} of ${count(records)}`
  const share = (n: number) => (records === 0 ? 0 : (100 * n) / records)
  const done = Math.min(100, Math.round((share(exported) + share(verified) + share(deleted)) / 3))
  return (
    <Stack gap={4}>
      <Progress.Root
        role="progressbar"
        aria-label={`Progress of ${entityName}`}
        aria-valuenow={done}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuetext={text}
      >
        <Progress.Section withAria={false} value={done} />
      </Progress.Root>
      <Text size="sm">{text}</Text>
      {expectedEnd !== null && <Text size="sm">ends about {dateTime(new Date(expectedEnd))}</Text>}
    </Stack>
  )
}

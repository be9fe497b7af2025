import { Progress, Stack, Text } from '@mantine/core'
import type { Request } from '../api/client'
import { clock, count } from '../time/format'
import { useNow } from '../time/useNow'

const shade = (light: number, dark: number) =>
  `light-dark(var(--mantine-color-blue-${light}), var(--mantine-color-blue-${dark}))`

/** How far a running request has come, and when it ends or goes on. */
export function RequestProgress({ request }: { request: Request }) {
  const { records, progress, entityName } = request
  const { exported, verified, deleted } = progress
  const text = `Exported ${count(exported)} · Verified ${count(verified)} · Deleted ${count(deleted)} of ${count(records)}`
  // Each of the three is one third of the way.
  const share = (n: number) => (records === 0 ? 0 : Math.min(100, (100 * n) / records) / 3)
  return (
    <Stack gap={4}>
      <Progress.Root
        role="progressbar"
        aria-label={`Progress of ${entityName}`}
        aria-valuenow={Math.floor(share(exported) + share(verified) + share(deleted))}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuetext={text}
      >
        <Progress.Section withAria={false} value={share(exported)} color={shade(4, 8)} />
        <Progress.Section withAria={false} value={share(verified)} color={shade(6, 5)} />
        <Progress.Section withAria={false} value={share(deleted)} color={shade(9, 2)} />
      </Progress.Root>
      <Text size="sm">{text}</Text>
      <Ahead progress={progress} />
    </Stack>
  )
}

function Ahead({ progress: { pausedUntil, expectedEnd } }: Pick<Request, 'progress'>) {
  const now = useNow()
  const [words, at] = pausedUntil === null ? ['ends about', expectedEnd] : ['Paused until', pausedUntil]
  if (at === null) return null
  return (
    <Text size="sm" c="dimmed">
      {words} <time dateTime={at}>{clock(new Date(at), now)}</time>
    </Text>
  )
}

import { Text } from '@mantine/core'
import type { Request } from '../api/client'

type Reason = Request['progress']['slowedBy'][number]

const because: Record<Reason, string> = {
  lock_waits: 'others wait for activities that are being deleted',
  statements: 'the database takes long',
  sessions: 'others are at work in the database',
  replica_lag: 'the standby is behind',
  wal_rate: 'the database writes as much as it may',
  vacuum: 'the database is still clearing up after earlier deletions',
}

// A newer API may know more reasons than this page.
const known = new Map<string, string>(Object.entries(because))

const list = new Intl.ListFormat('en-GB', { type: 'conjunction' })

/** Why a running request goes more slowly than it could; nothing at full speed. */
export function SlowNote({ progress: { slowedBy } }: Pick<Request, 'progress'>) {
  if (slowedBy.length === 0) return null
  return (
    <Text size="sm" c="dimmed">
      Slowed down so that others can work:{' '}
      {list.format(slowedBy.map((reason) => known.get(reason) ?? 'the database is busy'))}
    </Text>
  )
}

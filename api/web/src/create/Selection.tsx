import { List, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Preview, PreviewRequest } from '../api/client'
import { useAdmin } from '../app/me'
import { count } from '../time/format'
import { dayWords } from './days'
import { cutOff, instant } from './words'

/** Which activities go, in words and as instants. */
export function Selection({ body, preview }: { body: PreviewRequest; preview: Preview }) {
  const { account } = useAdmin()
  const { from, to } = body.range
  const { before, after } = preview.selection
  if (from === undefined || to === undefined) {
    return (
      <Side at={before}>
        All activities modified before <b>{cutOff(before, account.timeZone)}</b>
      </Side>
    )
  }
  return (
    <Stack gap={6}>
      <List size="sm" spacing={6}>
        <List.Item>
          <Side at={before}>
            <b>{count(preview.recordsBefore)}</b> before {cutOff(before, account.timeZone)}
          </Side>
        </List.Item>
        <List.Item>
          {after === null ? (
            <Side>
              <b>0</b> after {dayWords(to)}: that day is not over yet
            </Side>
          ) : (
            <Side at={after} from={cutOff(after, account.timeZone)}>
              <b>{count(preview.recordsAfter)}</b> after {dayWords(to)}, up to the moment of creation
            </Side>
          )}
        </List.Item>
      </List>
      <Text size="sm">
        Activities modified from {dayWords(from)} to {dayWords(to)} stay.
      </Text>
    </Stack>
  )
}

function Side({ at, from, children }: { at?: string; from?: string; children: ReactNode }) {
  return (
    <div>
      <Text size="sm">{children}</Text>
      {at !== undefined && (
        <Text size="xs" c="dimmed">
          {from !== undefined && `from ${from} · `}
          <time dateTime={at}>{instant(at)}</time>
        </Text>
      )}
    </div>
  )
}

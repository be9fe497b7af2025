import { Button, Group, Skeleton, Text, Timeline } from '@mantine/core'
import {
  IconBan,
  IconCircleCheck,
  IconCircleX,
  IconClock,
  IconFlag,
  IconHandStop,
  IconMailOff,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlus,
  IconTrash,
} from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { Request, RequestEvent } from '../api/client'
import { sentenceOf } from '../api/problem'
import { useEvents } from '../api/queries'
import { Moment } from '../time/Moment'
import { eventWords } from './eventWords'

const icons: Record<RequestEvent['event'], ReactNode> = {
  created: <IconPlus size={14} aria-hidden />,
  revoke_asked: <IconHandStop size={14} aria-hidden />,
  revoked: <IconBan size={14} aria-hidden />,
  started: <IconPlayerPlay size={14} aria-hidden />,
  paused: <IconPlayerPause size={14} aria-hidden />,
  resumed: <IconPlayerPlay size={14} aria-hidden />,
  success: <IconCircleCheck size={14} aria-hidden />,
  failed: <IconCircleX size={14} aria-hidden />,
  mail_given_up: <IconMailOff size={14} aria-hidden />,
  purged: <IconTrash size={14} aria-hidden />,
}

/** What happened to the request, by whom, and what is to come. */
export function Trail({ request }: { request: Request }) {
  const { data, error, refetch } = useEvents(request)
  if (data === undefined) {
    if (error === null) return <Skeleton height={120} />
    return (
      <Group>
        <Text size="sm">{sentenceOf(error)}</Text>
        <Button variant="default" size="xs" onClick={() => void refetch()}>
          Try again
        </Button>
      </Group>
    )
  }
  const steps = [
    ...data.map((event) => ({ ...event, title: eventWords(event), icon: icons[event.event] })),
    ...ahead(request),
  ]
  return (
    <Timeline role="list" aria-label="Timeline" active={data.length - 1} bulletSize={26} lineWidth={2}>
      {steps.map(({ title, at, icon, reason }) => (
        <Timeline.Item role="listitem" key={title + at} bullet={icon} title={title}>
          {reason !== null && (
            <Text size="sm">
              “<bdi>{reason}</bdi>”
            </Text>
          )}
          <Text size="sm" c="dimmed">
            <Moment at={at} />
          </Text>
        </Timeline.Item>
      ))}
    </Timeline>
  )
}

/** What is expected to happen next. */
function ahead({
  status,
  startsAt,
  progress,
}: Request): { title: string; at: string; icon: ReactNode; reason: null }[] {
  if (status === 'in_queue' && startsAt !== null) {
    return [{ title: 'Planned start', at: startsAt, icon: <IconClock size={14} aria-hidden />, reason: null }]
  }
  if (progress.pausedUntil !== null) {
    return [
      { title: 'Goes on', at: progress.pausedUntil, icon: <IconPlayerPlay size={14} aria-hidden />, reason: null },
    ]
  }
  if (progress.expectedEnd !== null) {
    return [{ title: 'Expected end', at: progress.expectedEnd, icon: <IconFlag size={14} aria-hidden />, reason: null }]
  }
  return []
}

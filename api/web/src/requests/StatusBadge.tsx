import { Badge } from '@mantine/core'
import { IconBan, IconCircleCheck, IconCircleX, IconClock, IconProgress } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { Status } from '../api/client'
import { statusWords } from './words'

const looks: Record<Status, { color: string; icon: ReactNode }> = {
  in_queue: { color: 'violet', icon: <IconClock size={14} aria-hidden /> },
  in_progress: { color: 'blue', icon: <IconProgress size={14} aria-hidden /> },
  success: { color: 'green', icon: <IconCircleCheck size={14} aria-hidden /> },
  failed: { color: 'red', icon: <IconCircleX size={14} aria-hidden /> },
  revoked: { color: 'gray', icon: <IconBan size={14} aria-hidden /> },
}

export function StatusBadge({ status }: { status: Status }) {
  const { color, icon } = looks[status]
  return (
    <Badge
      color={color}
      // The variant's own text has too little contrast with its background.
      c={`light-dark(color-mix(in srgb, var(--mantine-color-${color}-9) 75%, black), var(--mantine-color-${color}-2))`}
      variant="light"
      size="lg"
      radius="sm"
      tt="none"
      fw={600}
      leftSection={icon}
    >
      {statusWords[status]}
    </Badge>
  )
}

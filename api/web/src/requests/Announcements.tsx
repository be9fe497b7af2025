import { VisuallyHidden } from '@mantine/core'
import { useState } from 'react'
import type { Request, Status } from '../api/client'
import { statusWords } from './words'

/** Tells screen readers which of the requests in view have moved. */
export function Announcements({ requests }: { requests: readonly Request[] }) {
  const [told, setTold] = useState<{ requests: readonly Request[]; statuses: Map<string, Status>; text: string }>({
    requests: [],
    statuses: new Map(),
    text: '',
  })
  if (told.requests !== requests) {
    const moved = requests.filter(({ id, status }) => (told.statuses.get(id) ?? status) !== status)
    setTold({
      requests,
      statuses: new Map(requests.map(({ id, status }) => [id, status])),
      text: moved.map(({ entityName, status }) => `${entityName}: ${statusWords[status]}`).join('. '),
    })
  }
  return <VisuallyHidden role="status">{told.text}</VisuallyHidden>
}

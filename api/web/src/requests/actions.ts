import type { Request } from '../api/client'

export type Action = 'details' | 'revoke' | 'download' | 'report'

export const actionWords: Record<Action, string> = {
  details: 'Details',
  revoke: 'Revoke',
  download: 'Download',
  report: 'View Report',
}

/** What can be done with a request as it is now. */
export function actionsOf({ status, downloadUntil }: Request): Action[] {
  const ended = status === 'success' || status === 'failed'
  const actions: Action[] = ['details']
  if (status === 'in_queue') actions.push('revoke')
  // Before the end the time of download is known, but there are no files. After it has passed, the popup says so.
  if (ended && downloadUntil !== null) actions.push('download')
  if (ended) actions.push('report')
  return actions
}

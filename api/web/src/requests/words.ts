import type { Request, RequestType, Status } from '../api/client'
import { count } from '../time/format'

export const statusWords: Record<Status, string> = {
  in_queue: 'In Queue',
  in_progress: 'In Progress',
  success: 'Success',
  failed: 'Failed',
  revoked: 'Revoked',
}

export const requestTypeWords: Record<RequestType, string> = {
  export_and_delete: 'Export & Delete',
  delete_only: 'Delete Only',
}

/** What became of records, in the order in which it is told. */
export const outcomeWords: Record<keyof Request['outcomes'], string> = {
  deleted: 'Deleted',
  keptChanged: 'Kept: changed',
  keptAttachment: 'Kept: file came',
  alreadyGone: 'Already gone',
  failed: 'Failed',
  notProcessed: 'Not processed',
}

/** All outcomes with their numbers. */
export const outcomes = ({ outcomes: numbers }: Request): { words: string; number: number }[] => [
  { words: outcomeWords.deleted, number: numbers.deleted },
  { words: outcomeWords.keptChanged, number: numbers.keptChanged },
  { words: outcomeWords.keptAttachment, number: numbers.keptAttachment },
  { words: outcomeWords.alreadyGone, number: numbers.alreadyGone },
  { words: outcomeWords.failed, number: numbers.failed },
  { words: outcomeWords.notProcessed, number: numbers.notProcessed },
]

/** Such as "Deleted 2,119 · Kept: changed 10": what is not zero. */
export const outcomesOf = (request: Request): string =>
  outcomes(request)
    .filter(({ number }, i) => number > 0 || i === 0)
    .map(({ words, number }) => `${words} ${count(number)}`)
    .join(' · ')

/** What a running request does at the moment; empty for all others. */
export function phaseWords({ progress, requestType }: Request): string {
  if (progress.pausedUntil !== null) return 'Paused'
  switch (progress.phase) {
    case '':
      return ''
    case 'planning':
      return 'Planning'
    case 'exporting':
      return requestType === 'delete_only' ? 'Listing' : 'Exporting'
    case 'deleting':
      return 'Deleting'
    case 'reporting':
      return 'Writing the report'
  }
}

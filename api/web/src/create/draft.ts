import type { CreateRequest, DateRange, PreviewRequest, RequestType } from '../api/client'
import { areReversed, parseDay } from './days'

/** What a person has picked and typed so far. */
export interface Draft {
  /** The code of an activity type. */
  activityType: string | null
  /** A number of days, or `custom`. */
  age: string | null
  /** The dates as they were typed. They count for `custom` alone. */
  from: string
  to: string
}

export const emptyDraft: Draft = { activityType: null, age: null, from: '', to: '' }

export const custom = 'custom'

export const ages = [
  { value: '30', label: '30 days' },
  { value: '60', label: '60 days' },
  { value: '90', label: '90 days' },
  { value: '180', label: '180 days' },
  { value: '365', label: '1 year' },
  { value: custom, label: 'Custom' },
]

/** Null until the range is complete. Whether it is accepted is for the API to say. */
function rangeOf({ age, from, to }: Draft): DateRange | null {
  if (age === null) return null
  if (age !== custom) return { days: Number(age) }
  const [first, last] = [parseDay(from), parseDay(to)]
  return first === null || last === null || areReversed(from, to) ? null : { from: first, to: last }
}

/** What is to be previewed; null until the form is complete. */
export function previewOf(requestType: RequestType, draft: Draft): PreviewRequest | null {
  const range = rangeOf(draft)
  if (draft.activityType === null || range === null) return null
  return { activityType: Number(draft.activityType), requestType, range }
}

/** What is sent once a person has confirmed it. */
export const confirmed = (body: PreviewRequest): CreateRequest => ({ ...body, confirmed: true })

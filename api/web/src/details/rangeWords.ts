import type { DateRange } from '../api/client'
import { counted, longDate } from '../time/format'

// Dates of a range have no zone.
const day = (date: string) => longDate(new Date(`${date}T00:00:00Z`), 'UTC')

/** A range as a person asked for it. */
export function rangeWords({ days, from, to }: DateRange): string {
  if (from !== undefined && to !== undefined) return `Outside of ${day(from)} to ${day(to)}`
  if (days === 365) return 'Older than 1 year'
  return `Older than ${counted(days ?? 0, 'day', 'days')}`
}

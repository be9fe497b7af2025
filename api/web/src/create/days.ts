import { longDate } from '../time/format'

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const fullMonths = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]

/**
 * Reads a date such as "2025-12-31", "31 Dec 2025" or "December 31, 2025" as "2025-12-31". Anything else is null: what
 * can be read as two dates, such as "03/04/2025", must not decide what is deleted.
 */
export function parseDay(text: string): string | null {
  const words = text.trim().toLowerCase()
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(words)
  if (iso !== null) return dayOf(iso[1], iso[2], iso[3])
  const dayFirst = /^(\d{1,2})\.? ([a-z]+)\.?,? (\d{4})$/.exec(words)
  if (dayFirst !== null) return dayOf(dayFirst[3], monthOf(dayFirst[2]), dayFirst[1])
  const monthFirst = /^([a-z]+)\.? (\d{1,2}),? (\d{4})$/.exec(words)
  if (monthFirst !== null) return dayOf(monthFirst[3], monthOf(monthFirst[1]), monthFirst[2])
  return null
}

function monthOf(word = ''): string {
  const short = word === 'sept' ? 'sep' : word
  return String(Math.max(months.indexOf(short), fullMonths.indexOf(short)) + 1)
}

/** Null for a date that does not exist. */
function dayOf(year = '', month = '', day = ''): string | null {
  const iso = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  const at = new Date(`${iso}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(iso) ? iso : null
}

/** Whether both dates are there, and the first is the later one. */
export function areReversed(from: string, to: string): boolean {
  const [first, last] = [parseDay(from), parseDay(to)]
  return first !== null && last !== null && first > last
}

/** Such as "31 December 2025" for "2025-12-31". */
export const dayWords = (day: string): string => longDate(new Date(`${day}T00:00:00Z`), 'UTC')

/** The date that a calendar in the zone shows, such as "2025-12-31". */
export const dayIn = (timeZone: string, at: Date): string =>
  new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeZone }).format(at)

import type { Schedule } from '../api/client'

type Hours = Schedule['businessHours']
export type Day = keyof Hours
export type Block = Hours[Day][number]

/** The week, and what its days are called. */
export const dayNames: Record<Day, string> = {
  monday: 'Monday',
  tuesday: 'Tuesday',
  wednesday: 'Wednesday',
  thursday: 'Thursday',
  friday: 'Friday',
  saturday: 'Saturday',
  sunday: 'Sunday',
}
export const days: readonly Day[] = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']

export const nextDay = (day: Day): Day => days[(days.indexOf(day) + 1) % days.length] ?? 'monday'

/** Copies blocks to some days. */
export function withBlocks(hours: Hours, to: readonly Day[], blocks: readonly Block[]): Hours {
  const changed = { ...hours }
  for (const day of to) changed[day] = blocks.map((block) => ({ ...block }))
  return changed
}

/** A schedule in the form in which two of them can be compared, and sent. */
export function scheduleOf({ timeZone, businessHours, holidays }: Schedule): Schedule {
  return { timeZone, businessHours, holidays: [...holidays].sort() }
}

export const same = (a: Schedule, b: Schedule) => JSON.stringify(scheduleOf(a)) === JSON.stringify(scheduleOf(b))

// A time input knows no 24:00, and a block never ends at 00:00 of its own day: so 00:00 there is the end of the day.
export const shownEnd = (to: string) => (to === '24:00' ? '00:00' : to)
export const givenEnd = (shown: string) => (shown === '00:00' ? '24:00' : shown)

/** What is wrong with a block, or null. */
export function problemOf({ from, to }: Block): { end: 'from' | 'to'; text: string } | null {
  if (from === '') return { end: 'from', text: 'Enter a time' }
  if (to === '') return { end: 'to', text: 'Enter a time' }
  if (from === to) return { end: 'to', text: 'These hours end when they begin: a whole day is from 00:00 to 00:00' }
  return null
}

const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
const span = ({ from, to }: Block) => {
  const [start, end] = [minutes(from), minutes(to)]
  return { start, end: start > end ? end + 24 * 60 : end }
}

/** What a reader of a block may not see at once, or null. */
export function noteOf(blocks: readonly Block[], index: number, day: Day): string | null {
  const block = blocks[index]
  if (block === undefined || problemOf(block) !== null) return null
  const { start, end } = span(block)
  const other = blocks.findIndex((b, i) => {
    if (i >= index || problemOf(b) !== null) return false
    const it = span(b)
    return it.start < end && start < it.end
  })
  if (other !== -1) return `Overlaps with hours ${other + 1}: together they are one block`
  if (end === 24 * 60) return start === 0 ? 'The whole day' : 'Until midnight'
  return end > 24 * 60 ? `Until ${block.to} on ${dayNames[nextDay(day)]}` : null
}

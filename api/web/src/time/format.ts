/** The time zone of whoever looks at the page (IANA name). */
export const viewerZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

// Day before month in words: nobody can read it as another date.
const language = 'en-GB'

/** Such as "24 Nov 2026, 20:30", in a time zone. */
export function dateTime(at: Date, timeZone = viewerZone()): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(at)
}

/** Such as "20:30" on the same day, else as `dateTime`: for what is soon. */
export function clock(at: Date, now: Date, timeZone = viewerZone()): string {
  if (longDate(at, timeZone) !== longDate(now, timeZone)) return dateTime(at, timeZone)
  return new Intl.DateTimeFormat(language, { timeStyle: 'short', timeZone }).format(at)
}

/** Such as "24 November 2026", in a time zone. */
export function longDate(at: Date, timeZone = viewerZone()): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone }).format(at)
}

/** Such as "GMT+5:30" or "CET": what the zone is called at that time. */
export function zoneName(at: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat(language, { timeZone, timeZoneName: 'short' }).formatToParts(at)
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? timeZone
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

/** Such as "in 3 minutes", "2 hours ago" or "now". */
export function relative(at: Date, now: Date): string {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1000)
  const words = new Intl.RelativeTimeFormat(language, { numeric: 'always' })
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return words.format(Math.trunc(seconds / length), unit)
  }
  return Math.abs(seconds) < 5 ? 'now' : words.format(seconds, 'second')
}

/** Such as "12,345". */
export const count = (n: number): string => new Intl.NumberFormat(language).format(n)

/** Such as "1 activity" or "12 activities". */
export const counted = (n: number, one: string, many: string): string => `${count(n)} ${n === 1 ? one : many}`

/** Such as "9.8 MB" (powers of 1000). */
export function size(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']
  const step = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3))
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: units[step] ?? 'byte',
    maximumFractionDigits: step === 0 ? 0 : 1,
  }).format(bytes / 1000 ** step)
}

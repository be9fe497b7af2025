import type { RequestType } from '../api/client'
import { dateTime, longDate, viewerZone, zoneName } from '../time/format'

/** What the form's button says. */
export const submitWords: Record<RequestType, string> = {
  export_and_delete: 'Export and Delete',
  delete_only: 'Delete',
}

/** Such as "1 April 2026 00:00 (GMT+5:30)". */
export function cutOff(at: string, timeZone: string): string {
  const moment = new Date(at)
  const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone }).format(moment)
  return `${longDate(moment, timeZone)} ${clock} (${zoneName(moment, timeZone)})`
}

/** Such as "2026-03-31 18:30:00 UTC". */
export const instant = (at: string): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`

/** A time as the viewer's clock shows it, and as the account's does where that is another one. */
export function clocks(at: string, accountZone: string): { viewer: string; account: string | null } {
  const moment = new Date(at)
  const shown = (zone: string) => `${dateTime(moment, zone)} ${zoneName(moment, zone)}`
  const viewer = viewerZone()
  return { viewer: shown(viewer), account: viewer === accountZone ? null : `${shown(accountZone)} in ${accountZone}` }
}

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { told } from './programs'

/** Whether the account's window is open while the tests run: requests then start at once, or wait for hours. */
export type Window = 'open' | 'closed'

export interface Account {
  id: number
  name: string
  admin: string
  timeZone: string
}

const zone = 'Asia/Kolkata'
const perWindow = 60

/** What pictures show. No test uses it. */
export const acme: Account = { id: 1, name: 'Acme Field Services', admin: 'ada@acme.example', timeZone: zone }

/** The users whom nobody lets in. */
export const sam = 'sam@acme.example'
export const ines = 'ines@acme.example'
export const cai = 'cai@cobalt.example'

const nobodys: Record<Window, Account[]> = { open: numbered(100), closed: numbered(200) }

function numbered(first: number): Account[] {
  return Array.from({ length: perWindow }, (_, i) => {
    const id = first + i
    return { id, name: `Account ${id} of Field Services`, admin: `admin@account-${id}.example`, timeZone: zone }
  })
}

/** All accounts, in the form that `load accounts` reads. */
export function roster(now: Date) {
  const entries = (window: Window) =>
    nobodys[window].map(({ id, name, admin }) =>
      entry(id, name, true, daily(window, now), [
        { email: admin, name: `Admin ${id}`, role: 'administrator' },
        { email: `second@account-${id}.example`, name: `Second ${id}`, role: 'administrator' },
      ]),
    )
  return [
    entry(acme.id, acme.name, true, daily('open', now), [
      { email: acme.admin, name: 'Ada Admin', role: 'administrator' },
      { email: sam, name: 'Sam Seller', role: 'sales_user' },
      { email: ines, name: 'Ines Inactive', role: 'administrator', active: false },
    ]),
    entry(3, 'Cobalt Clinics', false, daily('open', now), [{ email: cai, name: 'Cai Admin', role: 'administrator' }]),
    ...entries('open'),
    ...entries('closed'),
  ]
}

function entry(id: number, name: string, featureEnabled: boolean, schedule: object, users: object[]) {
  return { id, name, featureEnabled, schedule, users }
}

/** Business hours, the same every day, that begin and end so many hours from now. */
export function daily(window: Window, now: Date) {
  const [from, to] = window === 'open' ? [8, 16] : [-4, 4]
  const day = [{ from: clock(now, from), to: clock(now, to) }]
  return {
    timeZone: zone,
    businessHours: {
      monday: day,
      tuesday: day,
      wednesday: day,
      thursday: day,
      friday: day,
      saturday: day,
      sunday: day,
    },
    holidays: [],
  }
}

function clock(now: Date, hoursLater: number): string {
  return new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: zone,
  }).format(now.getTime() + hoursLater * 3_600_000)
}

/** An account that no other test has or gets: tests run at the same time. */
export function claim(window: Window): Account {
  const mine = nobodys[window].find(({ id }) => isFree(join(told('OFFHOURS_E2E_FOLDER'), `claimed-${id}`)))
  if (mine === undefined) throw new Error(`all ${perWindow} accounts are taken: raise perWindow`)
  return mine
}

// Making a folder is one step, so of two tests one gets it.
function isFree(folder: string): boolean {
  try {
    mkdirSync(folder)
    return true
  } catch {
    return false
  }
}

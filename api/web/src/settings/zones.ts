import { viewerZone } from '../time/format'

/** Names of today for zones that some browsers list under names of old. */
const renamed = [
  'Africa/Asmara',
  'America/Argentina/Buenos_Aires',
  'America/Atikokan',
  'America/Indiana/Indianapolis',
  'America/Kentucky/Louisville',
  'America/Nuuk',
  'Asia/Ho_Chi_Minh',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Asia/Yangon',
  'Atlantic/Faroe',
  'Europe/Kyiv',
  'Pacific/Chuuk',
  'Pacific/Kanton',
  'Pacific/Pohnpei',
  'UTC',
]

function known(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

/** The time zones to choose from, by name, with one that must be among them. */
export function zonesWith(own: string): string[] {
  const all = [...Intl.supportedValuesOf('timeZone'), ...renamed.filter(known), viewerZone(), own]
  return [...new Set(all)].sort()
}

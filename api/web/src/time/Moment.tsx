import { Tooltip } from '@mantine/core'
import { useAdmin } from '../app/me'
import { dateTime, relative, viewerZone, zoneName } from './format'
import { useNow } from './useNow'

// In a narrow column the date, the time, and how far it is from now stay in one piece each.
const unbroken = (text: string) => text.replaceAll(/(?<!,) /g, '\u00a0')

/** A time in the viewer's zone, and how far it is from now; in the account's zone for who points at it. */
export function Moment({ at }: { at: string }) {
  const now = useNow()
  const { account } = useAdmin()
  const moment = new Date(at)
  const inAccount = `${dateTime(moment, account.timeZone)} ${zoneName(moment, account.timeZone)} in ${account.timeZone}`
  return (
    <Tooltip label={account.timeZone === viewerZone() ? `${dateTime(moment, 'UTC')} UTC` : inAccount}>
      <time dateTime={at}>
        {unbroken(dateTime(moment))} {unbroken(`(${relative(moment, now)})`)}
      </time>
    </Tooltip>
  )
}

import { Tooltip } from '@mantine/core'
import { useAdmin } from '../app/me'
import { dateTime, relative, viewerZone, zoneName } from './format'
import { useNow } from './useNow'

/** A time in the viewer's zone, and how far it is from now; in the account's zone for who points at it. */
export function Moment({ at }: { at: string }) {
  const now = useNow()
  const { account } = useAdmin()
  const moment = new Date(at)
  const inAccount = `${dateTime(moment, account.timeZone)} ${zoneName(moment, account.timeZone)} in ${account.timeZone}`
  return (
    <Tooltip label={account.timeZone === viewerZone() ? `${dateTime(moment, 'UTC')} UTC` : inAccount}>
      <time dateTime={at}>
        {dateTime(moment)} ({relative(moment, now)})
      </time>
    </Tooltip>
  )
}

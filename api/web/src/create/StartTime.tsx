import { Text } from '@mantine/core'
import { useAdmin } from '../app/me'
import { clocks } from './words'

/** When work begins: by the viewer's clock, and by the account's where that is another one. */
export function StartTime({ at }: { at: string }) {
  const { account } = useAdmin()
  const shown = clocks(at, account.timeZone)
  return (
    <>
      <b>
        <time dateTime={at}>{shown.viewer}</time>
      </b>
      {shown.account !== null && (
        <>
          {' '}
          your time
          <Text span inherit display="block" c="dimmed">
            {shown.account}
          </Text>
        </>
      )}
    </>
  )
}

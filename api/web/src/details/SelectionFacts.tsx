import { Text } from '@mantine/core'
import type { Request } from '../api/client'
import { useAdmin } from '../app/me'
import { counted, dateTime, zoneName } from '../time/format'
import { Fact, Facts } from './Facts'
import { rangeWords } from './rangeWords'

/** Which records the request is about: as it was asked, and as it was resolved when it was created. */
export function SelectionFacts({ request }: { request: Request }) {
  const { before, after, until } = request.selection
  return (
    <Facts>
      <Fact name="Activity type">
        <bdi>{request.entityName}</bdi> (code {request.activityType})
      </Fact>
      <Fact name="Asked for">{rangeWords(request.range)}</Fact>
      <Fact name="Modified before">
        <Instant at={before} />
      </Fact>
      {after !== null && (
        <Fact name="Or modified from">
          <Instant at={after} />
        </Fact>
      )}
      {until !== null && (
        <Fact name="and before its creation">
          <Instant at={until} />
        </Fact>
      )}
      <Fact name="Matched">{counted(request.records, 'activity', 'activities')} when it was created</Fact>
    </Facts>
  )
}

/** In the account's zone, where days begin, and as the instant that counts. */
function Instant({ at }: { at: string }) {
  const { account } = useAdmin()
  const moment = new Date(at)
  return (
    <>
      {dateTime(moment, account.timeZone)} ({zoneName(moment, account.timeZone)})
      <Text component="span" size="sm" c="dimmed" display="block">
        <time dateTime={at}>{at}</time>
      </Text>
    </>
  )
}

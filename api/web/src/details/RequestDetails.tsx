import { Stack } from '@mantine/core'
import type { Request } from '../api/client'
import { StatusBadge } from '../requests/StatusBadge'
import { RequestProgress } from '../requests/RequestProgress'
import { actionsOf } from '../requests/actions'
import { FailureNote } from './FailureNote'
import { FileSummary } from './FileSummary'
import { Ids } from './Ids'
import { Outcomes } from './Outcomes'
import { Section } from './Section'
import { SelectionFacts } from './SelectionFacts'
import { SlowNote } from './SlowNote'
import { Trail } from './Trail'

export function RequestDetails({ request }: { request: Request }) {
  return (
    <Stack gap="lg">
      <div>
        <StatusBadge status={request.status} />
      </div>
      {request.failure !== null && <FailureNote request={request} failure={request.failure} />}
      {request.status === 'in_progress' && (
        <Stack gap={4}>
          <RequestProgress request={request} />
          <SlowNote progress={request.progress} />
        </Stack>
      )}
      <Section title="What happened">
        <Trail request={request} />
      </Section>
      {request.completedOn !== null && (
        <Section title="What became of the records">
          <Outcomes request={request} />
        </Section>
      )}
      <Section title="What was selected">
        <SelectionFacts request={request} />
      </Section>
      {actionsOf(request).includes('download') && (
        <Section title="Files">
          <FileSummary request={request} />
        </Section>
      )}
      <Section title="For support">
        <Ids request={request} />
      </Section>
    </Stack>
  )
}

import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import type { Request } from '../api/client'
import { counted } from '../time/format'
import type { Shown } from './CreateDialog'
import { Popup } from './Popup'
import { StartTime } from './StartTime'

const activities = (n: number) => counted(n, 'activity', 'activities')

/** The last step: what happens next, and until when it can still be stopped. */
export function Created({ shown, request, onClose }: { shown: Shown; request: Request; onClose: () => void }) {
  return (
    <Popup title="Request In Progress" onClose={onClose}>
      <Stack>
        <Text>
          Your request for <b>{activities(request.records)}</b> of{' '}
          <b>
            <bdi>{request.entityName}</bdi>
          </b>{' '}
          is In Queue.
        </Text>
        {request.records !== shown.preview.records && (
          <Alert color="yellow">
            The preview had counted {activities(shown.preview.records)}. What counts is the number at the creation of
            the request.
          </Alert>
        )}
        {request.startsAt !== null && (
          <Text>
            It starts outside of business hours: <StartTime at={request.startsAt} />
          </Text>
        )}
        <Text>Until it starts, it can be revoked: Actions, then Revoke, in the row of the request.</Text>
        <Group justify="flex-end">
          <Button onClick={onClose} data-autofocus>
            Okay
          </Button>
        </Group>
      </Stack>
    </Popup>
  )
}

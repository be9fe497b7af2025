import { Button, Drawer, Skeleton, Stack, Text } from '@mantine/core'
import { Problem } from '../api/problem'
import { useRequest } from '../api/queries'
import { Failure } from '../app/Failure'
import { requestTypeWords } from '../requests/words'
import { RequestDetails } from './RequestDetails'

interface Props {
  id: string
  opened: boolean
  onClose: () => void
}

/** All there is to know of one request, beside the grid. */
export function Details({ id, opened, onClose }: Props) {
  const { data, error, refetch } = useRequest(id)
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      size={600}
      title={
        <Text component="span" fw={650} size="lg" style={{ overflowWrap: 'anywhere' }}>
          {data === undefined ? (
            'Request'
          ) : (
            <>
              <bdi>{data.entityName}</bdi>: {requestTypeWords[data.requestType]}
            </>
          )}
        </Text>
      }
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {data !== undefined ? (
        <RequestDetails request={data} />
      ) : error === null ? (
        <Waiting />
      ) : error instanceof Problem && error.code === 'not_found' ? (
        <NotFound id={id} onClose={onClose} />
      ) : (
        <Failure error={error} retry={() => void refetch()} />
      )}
    </Drawer>
  )
}

function Waiting() {
  return (
    <Stack aria-busy aria-label="Loading the request" role="status">
      <Skeleton height={28} width={140} />
      <Skeleton height={120} />
      <Skeleton height={200} />
    </Stack>
  )
}

function NotFound({ id, onClose }: { id: string; onClose: () => void }) {
  return (
    <Stack align="flex-start">
      <Text>
        Your account has no request with the id <b>{id}</b>. The address may be incomplete, or belong to another
        account.
      </Text>
      <Button variant="default" onClick={onClose}>
        Show all requests
      </Button>
    </Stack>
  )
}

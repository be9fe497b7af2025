import { Alert, Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useIsMutating } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { Request } from '../api/client'
import { isUncertain, Problem, sentenceOf } from '../api/problem'
import { revokeKey, useRevoke } from '../api/queries'
import { counted } from '../time/format'
import { requestTypeWords } from './words'

const longestReason = 500

interface Props {
  request: Request
  opened: boolean
  onClose: () => void
}

/** Asks whether to take a request back before it starts. */
export function RevokeDialog({ request, opened, onClose }: Props) {
  const asking = useIsMutating({ mutationKey: revokeKey }) > 0
  return (
    <Modal
      opened={opened}
      // Nobody leaves without the answer, which says whether the request still runs.
      onClose={asking ? () => undefined : onClose}
      title="Message"
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': 'Dismiss' }}
    >
      <Question request={request} onClose={onClose} />
    </Modal>
  )
}

function Question({ request, onClose }: Omit<Props, 'opened'>) {
  const revoke = useRevoke()
  const again = useRef<HTMLButtonElement>(null)
  // The button that was pressed could not keep the focus while it waited.
  useEffect(() => {
    if (revoke.error !== null) again.current?.focus()
  }, [revoke.error])
  const [reason, setReason] = useState('')
  const ask = () => {
    const given = reason.trim()
    revoke.mutate(
      { id: request.id, ...(given === '' ? {} : { reason: given }) },
      {
        onSuccess: () => {
          notifications.show({ color: 'green', message: 'Request revoked' })
          onClose()
        },
      },
    )
  }

  if (isOver(revoke.error) || (revoke.isIdle && request.status !== 'in_queue')) {
    return <TooLate request={request} onClose={onClose} />
  }
  return (
    <Stack>
      <Text>
        Do you want to revoke this request? Nothing of it will be exported or deleted then.
        <Text component="span" display="block" fw={600} mt="xs">
          <bdi>{request.entityName}</bdi>: {requestTypeWords[request.requestType]} of{' '}
          {counted(request.records, 'activity', 'activities')}
        </Text>
      </Text>
      <Textarea
        label="Reason"
        description="Optional. The request's details show it."
        rows={3}
        maxLength={longestReason}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      {revoke.error !== null && (
        <Alert role="alert" color="red" variant="outline" title={failureTitle(revoke.error)}>
          {sentenceOf(revoke.error)}
        </Alert>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose} disabled={revoke.isPending} data-autofocus>
          Cancel
        </Button>
        <Button ref={again} onClick={ask} loading={revoke.isPending}>
          {revoke.error === null ? 'Yes, Revoke Request' : 'Try again'}
        </Button>
      </Group>
    </Stack>
  )
}

const isOver = (error: unknown) => error instanceof Problem && error.code === 'too_late_to_revoke'

const failureTitle = (error: unknown) =>
  isUncertain(error) ? 'It is not certain whether the request was revoked' : 'The request was not revoked'

// The button that had the focus is gone.
const focus = (button: HTMLButtonElement | null) => button?.focus()

function TooLate({ request, onClose }: Omit<Props, 'opened'>) {
  return (
    <Stack>
      <Alert role="alert" color="red" variant="outline" title="The request was not revoked">
        {request.status === 'revoked' ? (
          `It has been revoked already, by ${request.revokedBy ?? 'somebody else'}.`
        ) : (
          <>
            The request of <bdi>{request.entityName}</bdi> has started, and cannot be revoked any more.
          </>
        )}
      </Alert>
      <Group justify="flex-end">
        <Button onClick={onClose} ref={focus}>
          Close
        </Button>
      </Group>
    </Stack>
  )
}

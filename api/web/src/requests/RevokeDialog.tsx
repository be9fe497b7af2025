import { Alert, Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import type { Request } from '../api/client'
import { Problem, sentenceOf } from '../api/problem'
import { useRevoke } from '../api/queries'
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
  const revoke = useRevoke()
  const [reason, setReason] = useState('')
  const given = reason.trim()
  const ask = () =>
    revoke.mutate(
      { id: request.id, ...(given === '' ? {} : { reason: given }) },
      {
        onSuccess: () => {
          notifications.show({ message: 'Request revoked' })
          onClose()
        },
      },
    )
  const tooLate = revoke.error instanceof Problem && revoke.error.code === 'too_late_to_revoke'

  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="Message"
      withCloseButton={!tooLate}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack>
        {tooLate ? (
          <>
            <Alert role="alert" color="red" variant="outline">
              It is too late: the request has started and cannot be revoked any more.
            </Alert>
            <Group justify="flex-end">
              <Button onClick={onClose}>Close</Button>
            </Group>
          </>
        ) : (
          <>
            <Text>
              Do you want to revoke the request “{requestTypeWords[request.requestType]}” of{' '}
              {counted(request.records, 'activity', 'activities')} of the type {request.entityName}? Nothing of it will
              be exported or deleted.
            </Text>
            <Textarea
              label="Reason"
              description="Optional. It is kept with the request."
              value={reason}
              maxLength={longestReason}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
            {revoke.error !== null && (
              <Alert role="alert" color="red" variant="outline">
                {sentenceOf(revoke.error)}
              </Alert>
            )}
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                Cancel
              </Button>
              <Button onClick={ask} loading={revoke.isPending}>
                {revoke.error === null ? 'Yes, Revoke Request' : 'Try again'}
              </Button>
            </Group>
          </>
        )}
      </Stack>
    </Modal>
  )
}

import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import type { Leaving } from './useLeaveGuard'

/** Asks whether changes may be lost. */
export function LeaveDialog({ leaving: { asked, stay, leave } }: { leaving: Leaving }) {
  return (
    <Modal
      opened={asked}
      onClose={stay}
      title="Leave without saving?"
      closeButtonProps={{ 'aria-label': 'Close' }}
      centered
    >
      <Stack>
        <Text size="sm">Your changes to the account settings are not saved. They are lost if you leave.</Text>
        <Group justify="end">
          <Button variant="default" onClick={leave}>
            Leave without saving
          </Button>
          <Button data-autofocus onClick={stay}>
            Stay
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

import { Button, Center, Stack, Text, Title } from '@mantine/core'
import { IconFilterOff, IconInbox } from '@tabler/icons-react'

/** In the place of requests when there are none. */
export function Nothing({ filtered, clearFilters }: { filtered: boolean; clearFilters: () => void }) {
  return (
    <Center mih={280} p="md">
      <Stack align="center" gap="xs" maw={440} ta="center">
        {filtered ? (
          <>
            <IconFilterOff size={40} stroke={1.2} aria-hidden />
            <Title order={2} size="h4">
              No request matches the filters
            </Title>
            <Button variant="default" mt="xs" onClick={clearFilters}>
              Clear filters
            </Button>
          </>
        ) : (
          <>
            <IconInbox size={40} stroke={1.2} aria-hidden />
            <Title order={2} size="h4">
              No requests yet
            </Title>
            <Text c="dimmed">
              Begin with Create: choose an activity type and what is old enough to go. You see what would be deleted
              before you confirm it, and you can revoke the request until it starts outside of your business hours.
            </Text>
          </>
        )}
      </Stack>
    </Center>
  )
}

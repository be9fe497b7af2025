import { Button, Group, Loader, Text } from '@mantine/core'
import classes from './SaveBar.module.css'

/** Stays in sight. Its buttons keep the focus when there is nothing to save any more. */
export function SaveBar({ unsaved, saving, discard }: { unsaved: boolean; saving: boolean; discard: () => void }) {
  const off = unsaved ? {} : { 'data-disabled': true, 'aria-disabled': true }
  return (
    <Group className={classes.bar} justify="end" gap="sm" mt="xl">
      <Text className={classes.state} size="sm" c="dimmed" role="status" mr="auto">
        {unsaved ? 'Unsaved changes' : ''}
      </Text>
      <Button variant="default" onClick={discard} {...off}>
        Discard changes
      </Button>
      <Button type="submit" leftSection={saving ? <Loader size={16} color="white" aria-hidden /> : null} {...off}>
        Save
      </Button>
    </Group>
  )
}

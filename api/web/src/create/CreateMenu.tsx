import { Button } from '@mantine/core'

/** Begins a new request. */
export function CreateMenu() {
  return <Button disabled>Create</Button>
}

import { Skeleton, Stack, VisuallyHidden } from '@mantine/core'

/** In the place of requests until they come. */
export function Waiting() {
  return (
    <Stack gap="xs">
      <VisuallyHidden role="status">Loading requests</VisuallyHidden>
      {Array.from({ length: 6 }, (_, row) => (
        <Skeleton key={row} height={56} />
      ))}
    </Stack>
  )
}

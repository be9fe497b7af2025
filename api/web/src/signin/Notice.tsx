import { Center, Paper, Stack, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTitle } from '../app/useTitle'

/** A view with one thing to say. */
export function Notice({ title, children }: { title: string; children: ReactNode }) {
  useTitle(title)
  return (
    <Center component="main" mih="80vh" p="md">
      <Paper withBorder p="xl" maw={480} w="100%">
        <Stack align="start">
          <Title order={1} size="h2">
            {title}
          </Title>
          {children}
        </Stack>
      </Paper>
    </Center>
  )
}

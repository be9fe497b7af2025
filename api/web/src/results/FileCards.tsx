import { Card, Group, Stack, Text } from '@mantine/core'
import { count, size } from '../time/format'
import { FileButton } from './FileButton'
import type { FileListProps } from './FileTable'
import { Sha256 } from './Sha256'

/** What a FileTable shows, for narrow screens. */
export function FileCards({ name, files, withRows, outcomes, download }: FileListProps) {
  return (
    <Stack component="ul" gap="xs" p={0} m={0} aria-label={name}>
      {files.map((file) => (
        <Card component="li" key={file.name} withBorder padding="sm">
          <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
            {file.name}
          </Text>
          <Text size="sm" c="dimmed">
            {withRows && `${count(file.rows)} rows, `}
            {size(file.bytes)}
          </Text>
          <Group justify="space-between" mt={4}>
            <Sha256 file={file} />
            <FileButton file={file} outcome={outcomes.get(file.name)} download={() => download(file)} />
          </Group>
        </Card>
      ))}
    </Stack>
  )
}

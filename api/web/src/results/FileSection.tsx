import { Group, Pagination, Stack, Text, Title } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import type { ExportFile } from '../api/client'
import { counted, size } from '../time/format'
import type { Downloads, State } from './Downloads'
import { FileCards } from './FileCards'
import { FileTable } from './FileTable'

export interface SectionProps {
  files: ExportFile[]
  downloads: Downloads
  state: State
  /** Whether there is room for a table. */
  wide: boolean
}

/** There may be thousands of attachments. */
const pageSize = 20

/** Files of one kind. Nothing if there are none. */
export function FileSection({
  title,
  files,
  downloads,
  state,
  wide,
  withRows = false,
  children,
}: SectionProps & { title: string; withRows?: boolean; children?: ReactNode }) {
  const [page, setPage] = useState(1)
  if (files.length === 0) return null
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const List = wide ? FileTable : FileCards
  return (
    <Stack component="section" gap="xs" aria-label={title}>
      <Group justify="space-between">
        <div>
          <Title order={3} size="h5">
            {title}
          </Title>
          <Text size="sm" c="dimmed">
            {counted(files.length, 'file', 'files')}, {size(bytes)}
          </Text>
        </div>
        <Group gap="sm">{children}</Group>
      </Group>
      <List
        name={title}
        files={files.slice((page - 1) * pageSize, page * pageSize)}
        withRows={withRows}
        outcomes={state.files}
        download={(file) => downloads.add([file])}
      />
      {files.length > pageSize && (
        <Pagination
          total={Math.ceil(files.length / pageSize)}
          value={page}
          onChange={setPage}
          size="sm"
          aria-label={`Pages of ${title}`}
          getControlProps={(control) => ({ 'aria-label': `${control} page of ${title}` })}
        />
      )}
    </Stack>
  )
}

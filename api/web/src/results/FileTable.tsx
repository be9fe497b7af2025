import { Table, Text, VisuallyHidden } from '@mantine/core'
import type { ExportFile } from '../api/client'
import { count, size } from '../time/format'
import type { Outcome } from './Downloads'
import { FileButton } from './FileButton'
import { Sha256 } from './Sha256'

export interface FileListProps {
  name: string
  files: ExportFile[]
  /** Whether the files hold records. */
  withRows: boolean
  outcomes: ReadonlyMap<string, Outcome>
  download: (file: ExportFile) => void
}

export function FileTable({ name, files, withRows, outcomes, download }: FileListProps) {
  return (
    <Table aria-label={name} verticalSpacing={6}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Name</Table.Th>
          {withRows && <Table.Th ta="right">Rows</Table.Th>}
          <Table.Th ta="right">Size</Table.Th>
          <Table.Th>SHA-256</Table.Th>
          <Table.Th>
            <VisuallyHidden>Download</VisuallyHidden>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {files.map((file) => (
          <Table.Tr key={file.name}>
            <Table.Td>
              <Text size="sm">{file.name}</Text>
            </Table.Td>
            {withRows && <Table.Td ta="right">{count(file.rows)}</Table.Td>}
            <Table.Td ta="right">{size(file.bytes)}</Table.Td>
            <Table.Td>
              <Sha256 file={file} />
            </Table.Td>
            <Table.Td ta="right">
              <FileButton file={file} outcome={outcomes.get(file.name)} download={() => download(file)} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

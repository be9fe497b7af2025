import { ActionIcon, Code, CopyButton, Group, Tooltip, VisuallyHidden } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import type { ExportFile } from '../api/client'

/** The checksum of a file: short to look at, whole to copy and to hear. */
export function Sha256({ file }: { file: ExportFile }) {
  return (
    <Group gap={4} wrap="nowrap">
      <Tooltip label={file.sha256}>
        <Code aria-hidden>{file.sha256.slice(0, 12)}…</Code>
      </Tooltip>
      <VisuallyHidden>SHA-256 {file.sha256}</VisuallyHidden>
      <CopyButton value={file.sha256}>
        {({ copied, copy }) => (
          <ActionIcon
            variant="subtle"
            color={copied ? 'green' : 'gray'}
            onClick={copy}
            aria-label={copied ? `Copied the SHA-256 of ${file.name}` : `Copy the SHA-256 of ${file.name}`}
          >
            {copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
          </ActionIcon>
        )}
      </CopyButton>
    </Group>
  )
}

import { Button } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { FileSection, type SectionProps } from './FileSection'

/** The records: one CSV file for each part, one by one or all of them. */
export function CsvSection(props: SectionProps) {
  return (
    <FileSection title="CSV files" withRows {...props}>
      <Button
        data-autofocus
        leftSection={<IconDownload size={18} aria-hidden />}
        onClick={() => props.downloads.add(props.files)}
      >
        Download
      </Button>
    </FileSection>
  )
}

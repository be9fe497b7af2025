import { Button, Group, Stack } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import type { ExportFile } from '../api/client'
import type { Outcome } from './Downloads'
import { OutcomeOf } from './OutcomeOf'

/** Downloads one file, and says what became of it. */
export function FileButton({
  file,
  outcome,
  download,
}: {
  file: ExportFile
  outcome: Outcome | undefined
  download: () => void
}) {
  const failed = outcome?.step === 'failed'
  return (
    <Stack gap={4} align="end" ml="auto">
      <Group gap="xs" justify="end" wrap="nowrap">
        {outcome !== undefined && !failed && <OutcomeOf outcome={outcome} />}
        <Button
          variant="default"
          size="compact-sm"
          leftSection={<IconDownload size={16} aria-hidden />}
          aria-label={`Download ${file.name}`}
          onClick={download}
        >
          Download
        </Button>
      </Group>
      {failed && <OutcomeOf outcome={outcome} />}
    </Stack>
  )
}

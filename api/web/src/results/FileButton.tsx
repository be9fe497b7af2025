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
  return (
    <Stack gap={4} align="end">
      <Group gap="xs" justify="end" wrap="nowrap">
        {outcome !== undefined && outcome.step !== 'failed' && <OutcomeOf outcome={outcome} />}
        <Button
          variant="light"
          size="compact-sm"
          leftSection={<IconDownload size={16} aria-hidden />}
          aria-label={`Download ${file.name}`}
          onClick={download}
        >
          Download
        </Button>
      </Group>
      {outcome?.step === 'failed' && <OutcomeOf outcome={outcome} />}
    </Stack>
  )
}

import { Button } from '@mantine/core'
import { IconFileZip } from '@tabler/icons-react'
import type { Request } from '../api/client'
import { FileSection, type SectionProps } from './FileSection'
import { OutcomeOf } from './OutcomeOf'
import { zipTarget } from './zip'

/** What was attached to the records, as one ZIP file or one by one. */
export function AttachmentsSection({ request, ...props }: SectionProps & { request: Request }) {
  const { files, downloads, state } = props
  const zip = async () => {
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
    const target = await zipTarget(`attachments-${request.id}.zip`, bytes)
    if (target !== null) downloads.addZip(files, target)
  }
  return (
    <FileSection title="Attachments" {...props}>
      {state.zip !== null && <OutcomeOf outcome={state.zip} />}
      <Button variant="default" leftSection={<IconFileZip size={18} aria-hidden />} onClick={() => void zip()}>
        Download attachments as ZIP
      </Button>
    </FileSection>
  )
}

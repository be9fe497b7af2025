import { Modal } from '@mantine/core'
import type { Request } from '../api/client'

/** The files of a request. */
export function DownloadDialog({
  request,
  opened,
  onClose,
}: {
  request: Request
  opened: boolean
  onClose: () => void
}) {
  return (
    <Modal opened={opened} onClose={onClose} title="Download Exported Data">
      {request.entityName}
    </Modal>
  )
}

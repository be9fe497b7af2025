import { Modal } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import type { Request } from '../api/client'
import { ExportedData } from './ExportedData'

/** The files of a request. Closing it stops the downloads under way. */
export function DownloadDialog({
  request,
  opened,
  onClose,
}: {
  request: Request
  opened: boolean
  onClose: () => void
}) {
  const wide = useMediaQuery('(min-width: 48em)', false, { getInitialValueInEffect: false })
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="Download Exported Data"
      size={920}
      fullScreen={!wide}
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': 'Close' }}
      styles={{
        // What has the focus is not to be under the title or the progress (WCAG 2.2, 2.4.11).
        content: { scrollPaddingBlock: '6rem' },
      }}
    >
      <ExportedData key={request.id} request={request} wide={wide} />
    </Modal>
  )
}

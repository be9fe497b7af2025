import { Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import { useNarrow } from './useNarrow'

/**
 * One step of creating a request. Escape leads back, or away; a click beside it does nothing, so that a slip of the
 * hand loses nothing.
 */
export function Popup({
  title,
  onClose,
  stays = false,
  withCloseButton = false,
  children,
}: {
  title: string
  onClose: () => void
  /** Whether Escape is for something within, or must wait. */
  stays?: boolean
  withCloseButton?: boolean
  children: ReactNode
}) {
  const narrow = useNarrow()
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size="lg"
      fullScreen={narrow}
      closeOnClickOutside={false}
      closeOnEscape={!stays}
      // The steps follow each other; the menu that began them takes the focus back at the end.
      returnFocus={false}
      withCloseButton={withCloseButton}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {children}
    </Modal>
  )
}

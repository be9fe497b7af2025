import { Button, Menu } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconChevronDown, IconFileExport, IconTrash } from '@tabler/icons-react'
import { useRef, useState, type ComponentType } from 'react'
import type { RequestType } from '../api/client'
import { requestTypeWords } from '../requests/words'
import type { CreateDialogProps } from './CreateDialog'

// The form and its calendar are not needed at first sight.
const load = () => import('./CreateDialog').then((module) => module.CreateDialog)

/** Nobody waits for what is fetched ahead; whether it works shows when it is needed. */
const preload = () => void load().catch(() => undefined)

/** Begins a new request. */
export function CreateMenu() {
  const button = useRef<HTMLButtonElement>(null)
  const [Dialog, setDialog] = useState<ComponentType<CreateDialogProps> | null>(null)
  const [loading, setLoading] = useState(false)
  const [requestType, setRequestType] = useState<RequestType | null>(null)

  const open = (type: RequestType) => {
    setLoading(true)
    load()
      .then((component) => {
        setDialog(() => component)
        setRequestType(type)
      })
      .catch(() =>
        notifications.show({
          color: 'red',
          title: 'The form could not be loaded',
          message: 'Check your connection and try again, or reload the page: there may be a newer version of it.',
        }),
      )
      .finally(() => setLoading(false))
  }
  const close = () => {
    setRequestType(null)
    button.current?.focus()
  }

  return (
    <>
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <Button
            ref={button}
            loading={loading}
            onMouseEnter={preload}
            onFocus={preload}
            rightSection={<IconChevronDown size={16} aria-hidden />}
          >
            Create
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconFileExport size={16} aria-hidden />} onClick={() => open('export_and_delete')}>
            {requestTypeWords.export_and_delete}
          </Menu.Item>
          <Menu.Item leftSection={<IconTrash size={16} aria-hidden />} onClick={() => open('delete_only')}>
            {requestTypeWords.delete_only}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {Dialog !== null && requestType !== null && <Dialog requestType={requestType} onClose={close} />}
    </>
  )
}

import { ActionIcon, Menu } from '@mantine/core'
import { IconBan, IconDots, IconDownload, IconFileText, IconInfoCircle } from '@tabler/icons-react'
import { useRef, type ReactNode } from 'react'
import type { Request } from '../api/client'
import { actionsOf, actionWords, type Action } from './actions'

const icons: Record<Action, ReactNode> = {
  details: <IconInfoCircle size={18} aria-hidden />,
  revoke: <IconBan size={18} aria-hidden />,
  download: <IconDownload size={18} aria-hidden />,
  report: <IconFileText size={18} aria-hidden />,
}

export type Act = (action: Action, request: Request) => void

export function ActionsMenu({ request, act }: { request: Request; act: Act }) {
  const button = useRef<HTMLButtonElement>(null)
  return (
    <Menu position="bottom-end" width={180} withinPortal>
      <Menu.Target>
        <ActionIcon
          ref={button}
          variant="subtle"
          color="gray"
          size={36}
          aria-label={`Actions for ${request.entityName}`}
        >
          <IconDots size={20} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {actionsOf(request).map((action) => (
          <Menu.Item
            key={action}
            leftSection={icons[action]}
            onClick={() => {
              button.current?.focus() // a popup gives the focus back to where it was when it opened
              act(action, request)
            }}
          >
            {actionWords[action]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

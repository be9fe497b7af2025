import {
  ActionIcon,
  Anchor,
  AppShell,
  Breadcrumbs,
  Button,
  Group,
  Menu,
  Text,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core'
import { IconChevronDown, IconMoon, IconSun } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { useAdmin } from './me'
import type { Session } from '../signin/session'

/** The frame of every view: where one is, whose account it is, and the way out. */
export function Shell({ session, children }: { session: Session; children: ReactNode }) {
  const me = useAdmin()
  return (
    <AppShell header={{ height: 56 }} padding="md">
      <AppShell.Header px="md">
        <Button component="a" href="#content" className="skip">
          Skip to content
        </Button>
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Anchor component={Link} href="/" fw={700} c="inherit" underline="never">
            Offhours
          </Anchor>
          <Group gap="xs" wrap="nowrap" miw={0}>
            <SchemeToggle />
            <Menu position="bottom-end" width={260}>
              <Menu.Target>
                <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden />} miw={0} maw={220}>
                  <Text truncate inherit>
                    {me.account.name}
                  </Text>
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Label>{me.email}</Menu.Label>
                <Menu.Item component={Link} href="/">
                  Bulk Export & Delete Data
                </Menu.Item>
                <Menu.Item component={Link} href="/settings">
                  Account settings
                </Menu.Item>
                <Menu.Divider />
                <Menu.Item onClick={() => void session.signOut()}>Sign out</Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Main id="content" tabIndex={-1}>
        <Breadcrumbs mb="xs" fz="sm" c="dimmed" visibleFrom="sm" aria-label="Breadcrumbs">
          <span>My Profile</span>
          <Anchor component={Link} href="/settings" fz="sm">
            Settings
          </Anchor>
          <span>Data Protection & Privacy</span>
        </Breadcrumbs>
        {children}
      </AppShell.Main>
    </AppShell>
  )
}

function SchemeToggle() {
  const { setColorScheme } = useMantineColorScheme()
  const dark = useComputedColorScheme('light') === 'dark'
  return (
    <ActionIcon
      variant="default"
      size={36}
      aria-label={dark ? 'Use light colors' : 'Use dark colors'}
      onClick={() => setColorScheme(dark ? 'light' : 'dark')}
    >
      {dark ? <IconSun size={18} aria-hidden /> : <IconMoon size={18} aria-hidden />}
    </ActionIcon>
  )
}

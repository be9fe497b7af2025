import { Skeleton, Stack, Text, Title, VisuallyHidden } from '@mantine/core'
import { useAccount } from '../api/queries'
import { Failure } from '../app/Failure'
import { useTitle } from '../app/useTitle'
import { SettingsForm } from './SettingsForm'

/** When the account does business, so when requests may run. */
export function Settings() {
  useTitle('Account settings')
  const account = useAccount()
  return (
    <Stack maw={1200}>
      <div>
        <Title order={1}>Account settings</Title>
        <Text c="dimmed">Requests run outside of business hours.</Text>
      </div>
      {account.data !== undefined ? (
        <SettingsForm account={account.data} />
      ) : account.error !== null ? (
        <Failure error={account.error} retry={() => void account.refetch()} />
      ) : (
        <Waiting />
      )}
    </Stack>
  )
}

function Waiting() {
  return (
    <Stack role="status">
      <VisuallyHidden>Loading the settings</VisuallyHidden>
      <Skeleton h={60} maw={420} />
      <Skeleton h={320} />
    </Stack>
  )
}

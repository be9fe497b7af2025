import { Title } from '@mantine/core'
import { Failure } from '../app/Failure'
import { useRequests } from '../api/queries'

/** The grid of the account's requests, with the details of one of them open if it is named. */
export function Requests({ openId }: { openId?: string }) {
  const requests = useRequests({})
  if (requests.error !== null) return <Failure error={requests.error} retry={() => void requests.refetch()} />
  return (
    <>
      <Title order={1}>Bulk Export & Delete Data</Title>
      {openId}
      <ul>
        {requests.data?.items.map((r) => (
          <li key={r.id}>{r.entityName}</li>
        ))}
      </ul>
    </>
  )
}

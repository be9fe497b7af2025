import { Group, Title } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import { useLocation } from 'wouter'
import type { Request } from '../api/client'
import { useRequests } from '../api/queries'
import { Failure } from '../app/Failure'
import { CreateMenu } from '../create/CreateMenu'
import { useReport } from '../results/useReport'
import type { Action } from './actions'
import { RequestTable } from './RequestTable'
import { RevokeDialog } from './RevokeDialog'
import { searchOf, useView } from './view'

const DownloadDialog = lazy(() => import('../results/DownloadDialog').then((m) => ({ default: m.DownloadDialog })))

/** The grid of the account's requests, with the details of one of them open if it is named. */
export function Requests({ openId }: { openId?: string }) {
  const { view, setView } = useView()
  const requests = useRequests(view)
  const report = useReport()
  const [, navigate] = useLocation()
  const [revoking, setRevoking] = useState<Request | null>(null)
  const [downloading, setDownloading] = useState<Request | null>(null)

  const act = (action: Action, request: Request) => {
    if (action === 'details') navigate(`/requests/${request.id}${searchOf(view)}`)
    if (action === 'revoke') setRevoking(request)
    if (action === 'download') setDownloading(request)
    if (action === 'report') void report.download(request)
  }

  return (
    <>
      <Group justify="space-between" mb="md">
        <Title order={1}>Bulk Export & Delete Data</Title>
        <CreateMenu />
      </Group>
      {openId}
      {requests.data === undefined && requests.error !== null && (
        <Failure error={requests.error} retry={() => void requests.refetch()} />
      )}
      {requests.data !== undefined && (
        <RequestTable items={requests.data.items} view={view} setView={setView} act={act} />
      )}
      {revoking !== null && <RevokeDialog request={revoking} opened onClose={() => setRevoking(null)} />}
      {downloading !== null && (
        <Suspense>
          <DownloadDialog request={downloading} opened onClose={() => setDownloading(null)} />
        </Suspense>
      )}
    </>
  )
}

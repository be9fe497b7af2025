import { Box, Group, Stack, Title } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { lazy, Suspense, useState } from 'react'
import { useLocation } from 'wouter'
import type { Request } from '../api/client'
import { useRequests } from '../api/queries'
import { useTitle } from '../app/useTitle'
import { CreateMenu } from '../create/CreateMenu'
import { useReport } from '../results/useReport'
import type { Action } from './actions'
import { Announcements } from './Announcements'
import { Narrowing } from './Narrowing'
import { RequestList } from './RequestList'
import { RevokeDialog } from './RevokeDialog'
import { useFocusBack } from './useFocusBack'
import { useLastPage } from './useLastPage'
import { usePopup } from './usePopup'
import { pathOf, unfiltered, useView } from './view'
import { Zones } from './Zones'

const DownloadDialog = lazy(() => import('../results/DownloadDialog').then((m) => ({ default: m.DownloadDialog })))

const Details = lazy(() => import('../details/Details').then((m) => ({ default: m.Details })))

const none: Request[] = []
const noCreators: string[] = []

/** The grid of the account's requests, with the details of one of them open if it is named. */
export function Requests({ openId }: { openId?: string }) {
  useTitle('Bulk Export & Delete Data')
  const wide = useMediaQuery('(min-width: 48em)', false, { getInitialValueInEffect: false })
  const { view, setView } = useView()
  const requests = useRequests(view)
  const items = requests.data?.items ?? none
  const report = useReport()
  const [, navigate] = useLocation()
  const popup = usePopup(items)
  const detailsId = useLast(openId)
  const title = useFocusBack<HTMLHeadingElement>(popup.opened || openId !== undefined)
  useLastPage(requests.isPlaceholderData ? undefined : requests.data, view, setView)

  const act = (action: Action, request: Request) => {
    if (action === 'details') navigate(pathOf(view, request.id))
    else if (action === 'report') void report.download(request)
    else popup.open(action, request)
  }

  const clearFilters = () => {
    setView(unfiltered(view))
    title.current?.focus() // the button that was pressed is gone
  }

  return (
    <Stack>
      <Group justify="space-between" align="flex-start" wrap={wide ? 'nowrap' : 'wrap'}>
        <div>
          <Title order={1} size="h2" ref={title} tabIndex={-1}>
            Bulk Export & Delete Data
          </Title>
          <Zones />
        </div>
        <Box flex="none">
          <CreateMenu />
        </Box>
      </Group>
      <Narrowing
        view={view}
        setView={setView}
        clearFilters={clearFilters}
        creators={requests.data?.creators ?? noCreators}
        wide={wide}
      />
      <Announcements requests={items} />
      <RequestList
        requests={requests}
        view={view}
        setView={setView}
        clearFilters={clearFilters}
        act={act}
        wide={wide}
      />
      {popup.shown?.kind === 'revoke' && (
        <RevokeDialog request={popup.shown.request} opened={popup.opened} onClose={popup.close} />
      )}
      {popup.shown?.kind === 'download' && (
        <Suspense>
          <DownloadDialog request={popup.shown.request} opened={popup.opened} onClose={popup.close} />
        </Suspense>
      )}
      {detailsId !== undefined && (
        <Suspense>
          <Details
            id={detailsId}
            opened={openId !== undefined}
            onClose={() => navigate(pathOf(view), { replace: true })}
          />
        </Suspense>
      )}
    </Stack>
  )
}

/** The last that there was: a popup that fades away still shows it. */
function useLast<T>(value: T | undefined): T | undefined {
  const [last, setLast] = useState(value)
  if (value !== undefined && value !== last) setLast(value)
  return value ?? last
}

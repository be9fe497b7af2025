import { Box } from '@mantine/core'
import { useRequests } from '../api/queries'
import { Failure } from '../app/Failure'
import type { Act } from './ActionsMenu'
import { Nothing } from './Nothing'
import { Pages } from './Pages'
import { RequestCards } from './RequestCards'
import { RequestTable } from './RequestTable'
import { Stale } from './Stale'
import { isFiltered, type View } from './view'
import { Waiting } from './Waiting'

interface Props {
  requests: ReturnType<typeof useRequests>
  view: View
  setView: (view: View) => void
  clearFilters: () => void
  act: Act
  wide: boolean
}

/** The requests of a view, or what there is in their place. */
export function RequestList({ requests, view, setView, clearFilters, act, wide }: Props) {
  const { data, error, isPlaceholderData } = requests
  const retry = () => void requests.refetch()
  if (data === undefined) return error === null ? <Waiting /> : <Failure error={error} retry={retry} />
  return (
    <>
      {error !== null && <Stale error={error} since={requests.dataUpdatedAt} retry={retry} />}
      {data.total === 0 && <Nothing filtered={isFiltered(view)} clearFilters={clearFilters} />}
      {data.items.length > 0 && (
        <Box opacity={isPlaceholderData ? 0.6 : 1} aria-busy={isPlaceholderData}>
          {wide ? (
            <RequestTable items={data.items} view={view} setView={setView} act={act} />
          ) : (
            <RequestCards items={data.items} view={view} act={act} />
          )}
          <Pages view={view} setView={setView} total={data.total} wide={wide} />
        </Box>
      )}
    </>
  )
}

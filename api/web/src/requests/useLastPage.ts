import { useEffect } from 'react'
import type { RequestPage } from '../api/client'
import type { View } from './view'

/** Goes back to the last page when there is none of the asked number, as after filters or from an old address. */
export function useLastPage(
  page: RequestPage | undefined,
  view: View,
  setView: (view: View, how: { replace: boolean }) => void,
) {
  const last = page === undefined ? view.page : Math.max(1, Math.ceil(page.total / page.pageSize))
  useEffect(() => {
    if (view.page > last) setView({ ...view, page: last }, { replace: true })
  })
}

import { useState } from 'react'
import type { Request } from '../api/client'
import { useApi } from '../api/queries'

/** Downloads the report of a request. */
export function useReport(): { download: (request: Request) => Promise<void>; busy: boolean } {
  const api = useApi()
  const [busy, setBusy] = useState(false)
  const download = async (request: Request) => {
    setBusy(true)
    try {
      await api.download(`/api/v1/requests/${request.id}/report`)
    } finally {
      setBusy(false)
    }
  }
  return { download, busy }
}

import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import type { Request } from '../api/client'
import { sentenceOf, unreachable } from '../api/problem'
import { useApi } from '../api/queries'
import { nameOf } from './nameOf'
import { save } from './save'

/** Downloads the report of a request. */
export function useReport(): { download: (request: Request) => Promise<void>; busy: boolean } {
  const api = useApi()
  const [busy, setBusy] = useState(false)
  const download = async (request: Request) => {
    setBusy(true)
    try {
      const response = await api.download(`/api/v1/requests/${request.id}/report`)
      const report = await response.blob().catch(() => {
        throw unreachable() // the connection broke
      })
      save(nameOf(response) ?? `report-${request.id}.csv`, report)
      notifications.show({ color: 'green', title: 'Report downloaded', message: request.entityName })
    } catch (error) {
      notifications.show({ color: 'red', title: 'The report was not downloaded', message: sentenceOf(error) })
    } finally {
      setBusy(false)
    }
  }
  return { download, busy }
}

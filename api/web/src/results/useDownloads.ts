import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { useApi } from '../api/queries'
import { Downloads, type State } from './Downloads'

/** The downloads of a request, and how they go. They stop when the component goes. */
export function useDownloads(requestId: string): { downloads: Downloads; state: State } {
  const api = useApi()
  const client = useQueryClient()
  const [downloads] = useState(
    // What cannot be downloaded any more is not offered any more either.
    () => new Downloads(api, requestId, () => void client.invalidateQueries({ queryKey: ['files', requestId] })),
  )
  useEffect(() => () => downloads.stop(), [downloads])
  return { downloads, state: useSyncExternalStore(downloads.subscribe, downloads.state) }
}

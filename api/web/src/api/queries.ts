import { keepPreviousData, QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, use } from 'react'
import type { Api, CreateRequest, PreviewRequest, Request, RequestQuery, Schedule } from './client'
import { Problem } from './problem'

export const ApiContext = createContext<Api | null>(null)

/** The API of the signed-in user. Only inside of the signed-in part of the page. */
export function useApi(): Api {
  const api = use(ApiContext)
  if (api === null) throw new Error('useApi outside of ApiContext')
  return api
}

const maxTries = 4

/** Calls that change nothing are repeated while the API is away; refusals are final. */
export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        networkMode: 'always', // a browser that is offline is told to the user, as an API that is away
        retry: (failures, error) => error instanceof Problem && error.passing && failures < maxTries,
        retryDelay: (failures, error) =>
          error instanceof Problem && error.retryAfter !== null ? error.retryAfter * 1000 : 500 * 2 ** failures,
        staleTime: 1000,
      },
      // What was asked for is sent now or fails, never later by itself.
      mutations: { networkMode: 'always' },
    },
  })
}

export function useMe() {
  const api = useApi()
  return useQuery({ queryKey: ['me'], queryFn: ({ signal }) => api.me(signal), staleTime: 60_000 })
}

export function useActivityTypes() {
  const api = useApi()
  return useQuery({
    queryKey: ['activity-types'],
    queryFn: ({ signal }) => api.activityTypes(signal),
    staleTime: 5 * 60_000,
  })
}

export function useAccount() {
  const api = useApi()
  return useQuery({ queryKey: ['account'], queryFn: ({ signal }) => api.account(signal) })
}

/** How long until requests are looked at again, in milliseconds: often while one works, seldom when none can move. */
export function pollingOf(requests: readonly Request[], now = Date.now()): number {
  if (requests.some((r) => r.status === 'in_progress')) return 1500
  const starts = requests.filter((r) => r.status === 'in_queue').map((r) => Date.parse(r.startsAt ?? '') - now)
  if (starts.length === 0) return 60_000
  return Math.min(...starts) < 30_000 ? 2000 : 15_000
}

export function useRequests(query: RequestQuery) {
  const api = useApi()
  return useQuery({
    queryKey: ['requests', query],
    queryFn: ({ signal }) => api.requests(query, signal),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => pollingOf(state.data?.items ?? []),
  })
}

export function useRequest(id: string) {
  const api = useApi()
  return useQuery({
    queryKey: ['request', id],
    queryFn: ({ signal }) => api.request(id, signal),
    refetchInterval: ({ state }) => (state.data === undefined ? 60_000 : pollingOf([state.data])),
  })
}

/** What happened to a request. Asked anew when it moves, pauses or goes on. */
export function useEvents({ id, status, progress }: Pick<Request, 'id' | 'status' | 'progress'>) {
  const api = useApi()
  return useQuery({
    queryKey: ['events', id, status, progress.pausedUntil],
    queryFn: ({ signal }) => api.events(id, signal),
    placeholderData: keepPreviousData,
  })
}

export function useFiles(id: string, enabled = true) {
  const api = useApi()
  return useQuery({ queryKey: ['files', id], queryFn: ({ signal }) => api.files(id, signal), enabled, retry: false })
}

/** Null asks nothing: the form is not complete. Counts that nobody looks at any more are forgotten, not shown again. */
export function usePreview(body: PreviewRequest | null) {
  const api = useApi()
  return useQuery({
    queryKey: ['preview', body],
    queryFn: ({ signal }) =>
      body === null ? Promise.reject(new Error('nothing to preview')) : api.preview(body, signal),
    enabled: body !== null,
    gcTime: 0,
  })
}

export function useCreate() {
  const api = useApi()
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ body, key }: { body: CreateRequest; key: string }) => api.create(body, key),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ['requests'] }) // the answer does not wait for the grid
    },
  })
}

export const revokeKey = ['revoke']

export function useRevoke() {
  const api = useApi()
  const client = useQueryClient()
  return useMutation({
    mutationKey: revokeKey,
    mutationFn: ({ id, reason }: { id: string; reason?: string }) => api.revoke(id, reason),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ['requests'] })
      void client.invalidateQueries({ queryKey: ['request'] })
      void client.invalidateQueries({ queryKey: ['events'] })
    },
  })
}

export function usePutAccount() {
  const api = useApi()
  const client = useQueryClient()
  return useMutation({
    mutationFn: (schedule: Schedule) => api.putAccount(schedule),
    onSuccess: (account) => {
      client.setQueryData(['account'], account)
    },
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ['requests'] }) // as above
      void client.invalidateQueries({ queryKey: ['me'] })
    },
  })
}

import createClient from 'openapi-fetch'
import { Problem, problemOf, unreachable } from './problem'
import type { components, paths } from './schema.gen'
import type { Session } from '../signin/session'

type Schemas = components['schemas']
export type Me = Schemas['Me']
export type ActivityType = Schemas['ActivityType']
export type Account = Schemas['Account']
export type Schedule = Schemas['Schedule']
export type Window = Schemas['Window']
export type Preview = Schemas['Preview']
export type PreviewRequest = Schemas['PreviewRequest']
export type CreateRequest = Schemas['CreateRequest']
export type DateRange = Schemas['DateRange']
export type Request = Schemas['Request']
export type RequestPage = Schemas['RequestPage']
export type RequestType = Schemas['RequestType']
export type Status = Schemas['Status']
export type Files = Schemas['Files']
export type ExportFile = Schemas['File']
export type RequestQuery = NonNullable<paths['/api/v1/requests']['get']['parameters']['query']>

/** The API, typed from its contract. Each call returns what it answered, or throws a Problem. */
export type Api = ReturnType<typeof createApi>

/** Sends every call with the session's token. `signedOut` is told when there is none that the API accepts. */
export function createApi(session: Session, signedOut: () => void) {
  const send = async (request: globalThis.Request): Promise<Response> => {
    const token = await session.token()
    if (token === null) {
      signedOut()
      throw new Problem('unauthenticated', 'Please sign in.')
    }
    request.headers.set('Authorization', `Bearer ${token}`)
    const response = await fetch(request).catch((error: unknown) => {
      throw request.signal.aborted ? error : unreachable()
    })
    if (response.status === 401) {
      await session.forget()
      signedOut()
    }
    return response
  }
  const client = createClient<paths>({ baseUrl: location.origin, fetch: send })

  return {
    me: async (signal?: AbortSignal) => answer(await client.GET('/api/v1/me', with_(signal))),
    activityTypes: async (signal?: AbortSignal) =>
      answer(await client.GET('/api/v1/activity-types', with_(signal))).items,
    account: async (signal?: AbortSignal) => answer(await client.GET('/api/v1/account', with_(signal))),
    putAccount: async (body: Schedule) => answer(await client.PUT('/api/v1/account', { body })),
    preview: async (body: PreviewRequest, signal?: AbortSignal) =>
      answer(await client.POST('/api/v1/requests/preview', { body, ...with_(signal) })),
    /** The same key answers the same request again, so a lost answer can be asked for anew. */
    create: async (body: CreateRequest, key: string) =>
      answer(await client.POST('/api/v1/requests', { body, params: { header: { 'Idempotency-Key': key } } })),
    requests: async (query: RequestQuery, signal?: AbortSignal) =>
      answer(await client.GET('/api/v1/requests', { params: { query }, ...with_(signal) })),
    request: async (id: string, signal?: AbortSignal) =>
      answer(await client.GET('/api/v1/requests/{id}', { params: { path: { id } }, ...with_(signal) })),
    revoke: async (id: string, reason?: string) =>
      answer(
        await client.POST('/api/v1/requests/{id}/revoke', {
          params: { path: { id } },
          body: reason === undefined ? {} : { reason },
        }),
      ),
    files: async (id: string, signal?: AbortSignal) =>
      answer(await client.GET('/api/v1/requests/{id}/files', { params: { path: { id } }, ...with_(signal) })),
    /** The answer's body is still to be read. */
    download: async (path: `/api/v1/requests/${string}`, signal?: AbortSignal): Promise<Response> => {
      const response = await send(new globalThis.Request(location.origin + path, with_(signal)))
      if (!response.ok) throw problemOf(await response.json().catch(() => null), response)
      return response
    },
  }
}

function with_(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

function answer<T>(result: { data?: T; error?: unknown; response: Response }): T {
  if (result.data === undefined) throw problemOf(result.error, result.response)
  return result.data
}

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
export type RequestEvent = Schemas['Event']
export type RequestPage = Schemas['RequestPage']
export type RequestType = Schemas['RequestType']
export type Status = Schemas['Status']
export type Files = Schemas['Files']
export type ExportFile = Schemas['File']
export type RequestQuery = NonNullable<paths['/api/v1/requests']['get']['parameters']['query']>

/** The API, typed from its contract. Each call returns what it answered, or throws a Problem. */
export type Api = ReturnType<typeof createApi>

/**
 * Sends every call with the session's token. One that the API refuses is renewed once: its clock or its keys may have
 * moved on. `signedOut` is told when there is none that the API accepts.
 */
export function createApi(session: Session, signedOut: () => void) {
  const send = async (request: globalThis.Request): Promise<Response> => {
    const token = await session.token()
    if (token !== null) {
      const again = request.clone() // a body can be read once
      const response = await sendWith(token, request)
      if (response.status !== 401) return response

      const other = await session.anotherToken(token)
      if (other !== null) {
        const repeated = await sendWith(other, again)
        if (repeated.status !== 401) return repeated
      }
      await session.forget()
    }
    signedOut()
    throw new Problem('unauthenticated', 'Please sign in.')
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
    events: async (id: string, signal?: AbortSignal) =>
      answer(await client.GET('/api/v1/requests/{id}/events', { params: { path: { id } }, ...with_(signal) })).items,
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

async function sendWith(token: string, request: globalThis.Request): Promise<Response> {
  request.headers.set('Authorization', `Bearer ${token}`)
  return fetch(request).catch((error: unknown) => {
    throw request.signal.aborted ? error : unreachable()
  })
}

function with_(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

function answer<T>(result: { data?: T; error?: unknown; response: Response }): T {
  if (result.data === undefined) throw problemOf(result.error, result.response)
  return result.data
}

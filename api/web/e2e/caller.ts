import createClient, { type Client } from 'openapi-fetch'
import type { components, paths } from '../src/api/schema.gen'
import { daily, type Window } from './accounts'
import { told } from './programs'

type Schemas = components['schemas']
export type Request = Schemas['Request']
export type RequestType = Schemas['RequestType']

/** An administrator who calls the API without the page, for what a test starts from. */
export class Caller {
  private constructor(private readonly client: Client<paths>) {}

  static async signIn(email: string): Promise<Caller> {
    const response = await fetch(told('OFFHOURS_LOGIN_URL'), { method: 'POST', body: JSON.stringify({ email }) })
    const { accessToken } = (await response.json()) as { accessToken: string }
    const headers = { Authorization: `Bearer ${accessToken}` }
    return new Caller(createClient<paths>({ baseUrl: told('OFFHOURS_API_URL'), headers }))
  }

  /** Creates a request for what was modified more than 30 days ago. */
  async create(entity: string, requestType: RequestType): Promise<Request> {
    const types = answered(await this.client.GET('/api/v1/activity-types'))
    const type = types.items.find(({ name }) => name === entity)
    if (type === undefined) throw new Error(`there is no activity type ${entity}`)
    const body = { activityType: type.code, requestType, range: { days: 30 }, confirmed: true }
    const header = { 'Idempotency-Key': crypto.randomUUID() }
    return answered(await this.client.POST('/api/v1/requests', { body, params: { header } }))
  }

  async revoke(id: string, reason?: string): Promise<void> {
    answered(
      await this.client.POST('/api/v1/requests/{id}/revoke', {
        params: { path: { id } },
        body: reason === undefined ? {} : { reason },
      }),
    )
  }

  async request(id: string): Promise<Request> {
    return answered(await this.client.GET('/api/v1/requests/{id}', { params: { path: { id } } }))
  }

  async files(id: string): Promise<Schemas['Files']> {
    return answered(await this.client.GET('/api/v1/requests/{id}/files', { params: { path: { id } } }))
  }

  /** Business begins, or ends, for hours. */
  async setHours(window: Window): Promise<void> {
    answered(await this.client.PUT('/api/v1/account', { body: daily(window, new Date()) }))
  }
}

function answered<T>(result: { data?: T; error?: unknown; response: Response }): T {
  if (result.data === undefined) throw new Error(`${result.response.status} ${JSON.stringify(result.error)}`)
  return result.data
}

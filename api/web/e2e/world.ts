import { expect } from '@playwright/test'
import type { Account } from './accounts'
import { Caller, type Request, type RequestType } from './caller'
import { Database } from './database'
import { run } from './programs'

/** An account, and what a test brings into it before anybody looks at the page. */
export class World {
  private constructor(
    readonly account: Account,
    readonly caller: Caller,
    readonly database: Database,
  ) {}

  static async open(account: Account): Promise<World> {
    return new World(account, await Caller.signIn(account.admin), new Database())
  }

  /** Adds records of a type, all of them modified in 2023, a share of them with files. */
  async generate(entity: string, records: number, attachments = 0): Promise<void> {
    const flags = {
      account: this.account.id,
      type: entity,
      records,
      attachments,
      'modified-from': '2023-01-01',
      'modified-to': '2023-12-31',
    }
    await run('load', 'generate', ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]))
  }

  /** Creates records and a request for them. */
  async request(entity: string, requestType: RequestType, records = 10, attachments = 0): Promise<Request> {
    await this.generate(entity, records, attachments)
    return this.caller.create(entity, requestType)
  }

  /** Creates records and a request for them, and waits for its success. */
  async success(entity: string, requestType: RequestType, records = 10, attachments = 0): Promise<Request> {
    const { id } = await this.request(entity, requestType, records, attachments)
    await expect.poll(async () => (await this.caller.request(id)).status).toBe('success')
    return this.caller.request(id)
  }

  async close(): Promise<void> {
    await this.database.close()
  }
}

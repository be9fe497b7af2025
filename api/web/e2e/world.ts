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

  /** Lets a number of a type's records of 2023 have been modified at another time. */
  async age(entity: string, records: number, modified: string): Promise<void> {
    await this.database.rewrite(
      `UPDATE records SET modified_on = $4 WHERE account_id = $1 AND id IN
         (SELECT r.id FROM records r JOIN record_types t ON (t.account_id, t.code) = (r.account_id, r.type_code)
           WHERE t.account_id = $1 AND t.name = $2 AND extract(year FROM r.modified_on) = 2023 LIMIT $3)`,
      this.account.id,
      entity,
      records,
      modified,
    )
  }

  /** Adds so many records to a type that has one. */
  async multiply(entity: string, more: number): Promise<void> {
    await this.database.execute(
      `INSERT INTO records (account_id, id, type_code, created_on, modified_on)
       SELECT account_id, gen_random_uuid(), code, '2023-01-01Z', '2023-01-01Z'
         FROM record_types, generate_series(1, $3) WHERE account_id = $1 AND name = $2`,
      this.account.id,
      entity,
      more,
    )
  }

  async count(entity: string): Promise<number> {
    return this.database.count(
      `SELECT count(*) FROM records r JOIN record_types t ON (t.account_id, t.code) = (r.account_id, r.type_code)
        WHERE t.account_id = $1 AND t.name = $2`,
      this.account.id,
      entity,
    )
  }

  /** Changes what the database lets nobody change in the account's requests, such as when they were created. */
  async rewrite(set: string): Promise<void> {
    await this.database.rewrite(`UPDATE requests ${set} WHERE account_id = $1`, this.account.id)
  }

  async close(): Promise<void> {
    await this.database.close()
  }
}

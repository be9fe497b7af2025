import { Client } from 'pg'
import { told } from './programs'

/** The stack's database, for what time or other people do: records that somebody holds, dates that pass. */
export class Database {
  private readonly clients: Client[] = []

  async execute(sql: string, ...values: unknown[]): Promise<void> {
    const client = await this.connect()
    await client.query(sql, values)
  }

  async count(sql: string, ...values: unknown[]): Promise<number> {
    const client = await this.connect()
    const { rows } = await client.query<{ count: string }>(sql, values)
    return Number(rows[0]?.count)
  }

  /** As execute, past the triggers that guard what time alone may change. */
  async rewrite(sql: string, ...values: unknown[]): Promise<void> {
    const client = await this.connect()
    await client.query('SET session_replication_role = replica')
    await client.query(sql, values)
  }

  /** Somebody edits the nth of a type's records, by age, and does not save until the returned function is called. */
  async hold(account: number, entity: string, nth: number): Promise<() => Promise<void>> {
    const client = await this.connect()
    await client.query('BEGIN')
    const { rowCount } = await client.query(
      `SELECT FROM records WHERE account_id = $1 AND id =
         (SELECT r.id FROM records r JOIN record_types t ON (t.account_id, t.code) = (r.account_id, r.type_code)
           WHERE t.account_id = $1 AND t.name = $2 ORDER BY r.modified_on, r.id OFFSET $3 - 1 LIMIT 1)
       FOR NO KEY UPDATE`,
      [account, entity, nth],
    )
    if (rowCount !== 1) throw new Error(`${entity} has no record ${nth}`)
    return async () => {
      await client.query('ROLLBACK')
    }
  }

  /** Lets go of everything. */
  async close(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.end()))
  }

  private async connect(): Promise<Client> {
    const client = new Client({ connectionString: told('DATABASE_URL') })
    this.clients.push(client)
    await client.connect()
    return client
  }
}

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test as base } from '@playwright/test'
import { claim, type Account, type Window } from './accounts'
import { complaintsOf } from './complaints'
import { Grid } from './grid'
import { told } from './programs'
import { World } from './world'

interface Fixtures {
  window: Window
  /** An account of this test alone. */
  account: Account
  /** With it, what the test starts from. */
  world: World
  /** What the account's administrator sees. */
  grid: Grid
  logs: null
}

/** A test in a browser that has nothing to complain of, on the stack that runs. */
export const test = base.extend<Fixtures>({
  window: ['open', { option: true }],

  baseURL: async ({}, provide) => provide(told('OFFHOURS_API_URL')),

  context: async ({ context }, provide) => {
    const complaints = complaintsOf(context)
    await provide(context)
    expect(complaints, 'what the browser complains of').toEqual([])
  },

  account: async ({ window }, provide) => provide(claim(window)),

  world: async ({ account }, provide) => {
    const world = await World.open(account)
    await provide(world)
    await world.close()
  },

  grid: async ({ page, account }, provide) => provide(new Grid(page, account.admin)),

  logs: [
    async ({}, provide, testInfo) => {
      await provide(null)
      if (testInfo.status === testInfo.expectedStatus) return
      for (const name of ['api', 'worker'])
        await testInfo.attach(`${name}.log ends with`, { body: tail(name), contentType: 'text/plain' })
    },
    { auto: true },
  ],
})

function tail(name: string): string {
  const file = join(told('OFFHOURS_LOG_DIR'), `${name}.log`)
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').slice(-15).join('\n') : '(no log)'
}

export { expect }

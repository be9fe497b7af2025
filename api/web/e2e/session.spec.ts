import type { Page } from '@playwright/test'
import { choose, signIn } from './signin'
import { expect, test } from './test'

test.use({ window: 'closed' })

interface Remembered {
  id_token: string
  refresh_token: string
  expires_at: number
}

/** Changes what the tab remembers of the sign-in. */
async function remember(page: Page, change: (user: Remembered) => Partial<Remembered>): Promise<void> {
  const [key, user] = await page.evaluate(() => {
    const [name] = Object.keys(sessionStorage).filter((name) => name.startsWith('oidc.user:'))
    return [name ?? '', sessionStorage.getItem(name ?? '') ?? '']
  })
  const remembered = JSON.parse(user) as Remembered
  const changed = JSON.stringify({ ...remembered, ...change(remembered) })
  await page.evaluate(([name, text]) => sessionStorage.setItem(name, text), [key, changed] as const)
}

const past = { expires_at: 1 }

test('a token that has expired is renewed, and nobody notices', async ({ page, grid, world }) => {
  await world.request('Home Visit', 'export_and_delete')
  await grid.open()
  await remember(page, () => past)
  const renewal = page.waitForRequest((request) => request.postData()?.includes('grant_type=refresh_token') === true)
  await page.reload()
  await renewal
  await expect(grid.row('Home Visit')).toContainText('In Queue')
})

test('a token that the API refuses is renewed', async ({ page, grid, world }) => {
  await world.request('Home Visit', 'export_and_delete')
  await grid.open()
  await remember(page, ({ id_token }) => ({ id_token: id_token.slice(0, -8) + 'A'.repeat(8) }))
  await page.reload()
  await expect(grid.row('Home Visit')).toContainText('In Queue')
})

test('who cannot be renewed is signed out, and comes back to the same view', async ({ page, grid, world }) => {
  await world.request('Home Visit', 'export_and_delete')
  await grid.open()
  await page.goto('/?status=in_queue')
  await expect(grid.row('Home Visit')).toContainText('In Queue')
  await remember(page, () => ({ ...past, refresh_token: 'used' }))
  await page.reload()
  await expect(page.getByText('You are signed out')).toBeVisible()
  await page.getByRole('button', { name: 'Sign in' }).click()
  await choose(page, world.account.admin)
  await expect(grid.row('Home Visit')).toContainText('In Queue')
  await expect(page).toHaveURL(/\/\?status=in_queue$/)
})

test('signing out ends the session in every tab', async ({ page, grid, account, context }) => {
  await grid.open()
  const other = await context.newPage()
  await signIn(other, account.admin, '/settings')
  await expect(other.getByRole('heading', { level: 1, name: 'Account settings' })).toBeVisible()
  await page.getByRole('button', { name: account.name }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(other.getByText('You are signed out')).toBeVisible()
  await other.reload()
  await expect(other.getByRole('button', { name: 'Sign in' })).toBeVisible()
})

import { cai, ines, sam } from './accounts'
import { choose, signIn } from './signin'
import { expect, test } from './test'

const title = 'Bulk Export & Delete Data'

test('an administrator signs in by the chooser and sees the grid', async ({ page, account }) => {
  await signIn(page, account.admin)
  await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible()
  await expect(page.getByRole('button', { name: account.name })).toBeVisible()
})

test('who signs in comes back to the view that was asked for', async ({ page, account }) => {
  await signIn(page, account.admin, '/settings')
  await expect(page).toHaveURL(/\/settings$/)
})

test('a reload keeps the session, and signing out ends it', async ({ page, account, grid }) => {
  await grid.open()
  await page.reload()
  await expect(grid.title).toBeVisible()
  await page.getByRole('button', { name: account.name }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page.getByText('You are signed out')).toBeVisible()
  await page.goto('/')
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible()
})

for (const [who, email] of [
  ['somebody who is not an administrator', sam],
  ['an administrator who is not active', ines],
] as const) {
  test(`${who} is told Access Denied`, async ({ page }) => {
    await signIn(page, email)
    await expect(page.getByRole('heading', { level: 1, name: 'Access Denied' })).toBeVisible()
    await expect(page.getByRole('button', { name: 'Create', exact: true })).toHaveCount(0)
  })
}

test('where the feature is off, people are told whom to ask', async ({ page }) => {
  await signIn(page, cai)
  await expect(page.getByRole('heading', { level: 1, name: `${title} is not switched on` })).toBeVisible()
  await expect(page.getByText('Cobalt Clinics does not have this feature.')).toBeVisible()
})

test('a sign-in that is cancelled can be begun again', async ({ page, account }) => {
  await page.goto('/')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'You were not signed in' })).toBeVisible()
  await page.getByRole('button', { name: 'Sign in again' }).click()
  await choose(page, account.admin)
  await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible()
})

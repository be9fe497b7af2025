import type { Page } from '@playwright/test'
import { expect, test } from './test'

/** Picks from a filter. */
async function filter(page: Page, name: string, choice: string): Promise<void> {
  await page.getByRole('combobox', { name, exact: true }).click()
  await page.getByRole('option', { name: choice, exact: true }).click()
}

test.describe('while the window is closed', () => {
  test.use({ window: 'closed' })

  test('requests are filtered, sorted and paged, and the address keeps all of it', async ({ page, grid, world }) => {
    await world.generate('Home Visit', 2)
    for (let i = 0; i < 16; i++) await world.caller.revoke((await world.caller.create('Home Visit', 'delete_only')).id)
    await world.request('Site Visit', 'export_and_delete', 30)
    await grid.open()
    await expect(page.getByText('1–15 of 17')).toBeVisible()
    await expect(grid.lines).toHaveCount(15)
    await expect(grid.lines.first()).toContainText('Site Visit') // the newest

    await page.getByRole('combobox', { name: 'Rows per page' }).selectOption('25')
    await expect(grid.lines).toHaveCount(17)
    await page.getByRole('button', { name: 'No. of Records' }).click()
    await page.getByRole('button', { name: 'No. of Records' }).click()
    await expect(page.getByRole('columnheader', { name: 'No. of Records' })).toHaveAttribute('aria-sort', 'ascending')
    await expect(grid.lines.last()).toContainText('Site Visit')

    await filter(page, 'Status', 'Revoked')
    await expect(page.getByText('1–16 of 16')).toBeVisible()
    await expect(grid.rows('Site Visit')).toHaveCount(0)
    const address = page.url()
    expect(address).toContain('status=revoked')
    await page.reload()
    await expect(page.getByText('1–16 of 16')).toBeVisible()
    expect(page.url()).toBe(address)

    await filter(page, 'Request Type', 'Export & Delete')
    await expect(page.getByText('No request matches the filters')).toBeVisible()
    await page.getByRole('button', { name: 'Clear filters' }).first().click()
    await expect(grid.lines).toHaveCount(17)
    await filter(page, 'Activity Type', 'Site Visit')
    await expect(grid.lines).toHaveCount(1)
    await expect(grid.row('Site Visit')).toContainText('In Queue')
  })

  test('an address that makes no sense shows what one begins with', async ({ page, grid, world }) => {
    await world.request('Home Visit', 'export_and_delete')
    await grid.open()
    await page.goto('/?page=0&pageSize=7&sort=color&status=lost&activityType=x')
    await expect(page.getByText('1–1 of 1')).toBeVisible()
    await expect(grid.row('Home Visit')).toContainText('In Queue')
  })
})

test('without requests the page says how to begin', async ({ page, grid, world }) => {
  await grid.open()
  await expect(page.getByText('No requests yet')).toBeVisible()
  await world.success('Home Visit', 'delete_only')
  await page.reload()
  await expect(grid.row('Home Visit')).toContainText('Success')
})

test('requests that cannot be loaded are asked for again', async ({ page, grid, world }) => {
  await world.success('Home Visit', 'delete_only')
  await page.route('**/api/v1/requests?*', (route) => route.abort())
  await grid.open()
  await expect(page.getByRole('alert')).toContainText('The server does not answer.')
  await page.unroute('**/api/v1/requests?*')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(grid.row('Home Visit')).toContainText('Success')
})

test('what is shown stays while the API is away', async ({ page, grid, world }) => {
  await world.generate('Home Visit', 20)
  const release = await world.database.hold(world.account.id, 'Home Visit', 10)
  await world.caller.create('Home Visit', 'delete_only')
  await grid.open()
  await expect(grid.row('Home Visit')).toContainText('In Progress')
  await page.route('**/api/**', (route) => route.abort())
  await expect(page.getByText('Could not refresh.')).toBeVisible()
  await expect(grid.row('Home Visit')).toContainText('In Progress')
  await page.unroute('**/api/**')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByText('Could not refresh.')).toHaveCount(0)
  await release()
  await expect(grid.row('Home Visit')).toContainText('Success')
})

test('the colours that are picked stay', async ({ page, grid, world }) => {
  await world.success('Home Visit', 'delete_only')
  await grid.open()
  await page.getByRole('button', { name: 'Use dark colors' }).click()
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark')
  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark')
  await expect(page.getByRole('button', { name: 'Use light colors' })).toBeVisible()
  await expect(grid.row('Home Visit')).toContainText('Success')
})

import type { Page } from '@playwright/test'
import { expect, test } from './test'

test.use({ window: 'closed' })

const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

async function openSettings(page: Page, account: string): Promise<void> {
  await page.getByRole('button', { name: account }).click()
  await page.getByRole('menuitem', { name: 'Account settings' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Account settings' })).toBeVisible()
}

async function backToGrid(page: Page, account: string): Promise<void> {
  await page.getByRole('button', { name: account }).click()
  await page.getByRole('menuitem', { name: 'Bulk Export & Delete Data' }).click()
}

test('another time zone moves the start of a request that waits', async ({ page, grid, world }) => {
  const request = await world.request('Home Visit', 'export_and_delete')
  await grid.open()
  await expect(grid.row('Home Visit')).toContainText('starts in 3 hours')
  await openSettings(page, world.account.name)
  const windows = page.getByRole('region', { name: 'Next windows' })
  const before = await windows.textContent()
  const zone = page.getByRole('combobox', { name: 'Time zone' })
  await zone.fill('Asia/Dubai')
  await page.getByRole('option', { name: 'Asia/Dubai' }).click()
  await expect(windows).toContainText('your changes are not in it yet')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Business hours saved')).toBeVisible()
  await expect(windows).toContainText('in Asia/Dubai')
  await expect(windows).not.toContainText('your changes are not in it yet')
  await expect(windows.getByRole('listitem')).toHaveCount(3)
  expect(await windows.textContent()).not.toBe(before)

  await backToGrid(page, world.account.name)
  const moved = await world.caller.request(request.id)
  expect(moved.startsAt).not.toBe(request.startsAt)
  await expect(grid.row('Home Visit')).toContainText('starts in 5 hours')
  await expect(grid.row('Home Visit').locator(`time[datetime^="${moved.startsAt?.slice(0, 16) ?? ''}"]`)).toBeVisible()
})

test('without business hours a request that waits runs at once', async ({ page, grid, world }) => {
  await world.request('Home Visit', 'delete_only')
  await grid.open()
  await expect(grid.row('Home Visit')).toContainText('In Queue')
  await openSettings(page, world.account.name)
  for (const day of days) await page.getByRole('button', { name: `Remove hours 1 on ${day}` }).click()
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Business hours saved')).toBeVisible()
  await backToGrid(page, world.account.name)
  await expect(grid.row('Home Visit')).toContainText('Success')
})

test('hours that leave no window are refused, and stay in the form', async ({ page, grid, world }) => {
  const request = await world.request('Home Visit', 'export_and_delete')
  await grid.open()
  await openSettings(page, world.account.name)
  for (const day of days) {
    await page.getByLabel(`${day} from 1`).fill('00:00')
    await page.getByLabel(`${day} to 1`).fill('00:00')
  }
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('alert')).toContainText('window')
  await expect(page.getByLabel('Monday from 1')).toHaveValue('00:00')

  await backToGrid(page, world.account.name)
  const popup = page.getByRole('dialog', { name: 'Leave without saving?' })
  await popup.getByRole('button', { name: 'Leave without saving' }).click()
  await expect(grid.row('Home Visit')).toContainText('starts in 3 hours')
  expect((await world.caller.request(request.id)).startsAt).toBe(request.startsAt)
})

test('holidays are added and removed', async ({ page, grid, world }) => {
  await world.request('Home Visit', 'export_and_delete')
  await grid.open()
  await openSettings(page, world.account.name)
  await page.getByLabel('Holiday date').fill('2030-12-25')
  await page.getByRole('button', { name: 'Add holiday' }).click()
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Business hours saved')).toBeVisible()
  await page.reload()
  await expect(page.getByRole('button', { name: 'Remove holiday 25 December 2030' })).toBeVisible()
  await page.getByRole('button', { name: 'Remove holiday 25 December 2030' }).click()
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Business hours saved')).toBeVisible()
  await page.reload()
  await expect(page.getByText('No holidays')).toBeVisible()
  await backToGrid(page, world.account.name)
  await expect(grid.row('Home Visit')).toContainText('In Queue')
})

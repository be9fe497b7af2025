import type { Locator, Page } from '@playwright/test'
import { expect, test } from './test'

test.use({ window: 'closed' })

/** Goes on with Tab until it gets there. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor()
  for (let i = 0; i < 60; i++) {
    if (await target.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  await expect(target).toBeFocused()
}

/**
 * Picks the first option of an open list. In the moment in which it opens, Mantine looks anew which option is selected: who
 * is faster than that, as a user never is, selects none.
 */
async function pickFirst(page: Page, list: Locator, option: string): Promise<void> {
  await expect(page.getByRole('option', { name: option })).toBeVisible()
  await expect(async () => {
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await expect(list).toHaveValue(option, { timeout: 500 })
  }).toPass()
}

test('a request is created, confirmed and revoked by keyboard alone', async ({ page, grid, world }) => {
  await world.generate('Home Visit', 8)
  await grid.open()
  const press = (key: string) => page.keyboard.press(key)
  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true })

  await tabTo(page, button('Create'))
  await press('Enter')
  await expect(page.getByRole('menuitem', { name: 'Export & Delete' })).toBeFocused()
  await press('Enter')
  const types = page.getByRole('dialog').getByRole('combobox', { name: 'Activity Type' })
  await expect(types).toBeFocused()
  await page.keyboard.type('Home')
  await pickFirst(page, types, 'Home Visit')
  await press('Tab')
  const days = page.getByRole('combobox', { name: /older than/ })
  await expect(days).toBeFocused()
  await press('Enter')
  await pickFirst(page, days, '30 days')
  await expect(page.getByRole('region', { name: 'Preview' })).toContainText('8 activities')
  await tabTo(page, button('Export and Delete'))
  await press('Enter')
  await tabTo(page, page.getByRole('checkbox'))
  await press('Space')
  await tabTo(page, button('Confirm'))
  await press('Enter')
  await expect(button('Okay')).toBeFocused()
  await press('Enter')
  await expect(button('Create')).toBeFocused()

  await tabTo(page, grid.actions('Home Visit'))
  await press('Enter')
  await expect(page.getByRole('menuitem', { name: 'Details' })).toBeFocused()
  await press('ArrowDown')
  await expect(page.getByRole('menuitem', { name: 'Revoke' })).toBeFocused()
  await press('Enter')
  await tabTo(page, button('Yes, Revoke Request'))
  await press('Enter')
  await expect(grid.row('Home Visit')).toContainText('Revoked')
})

test('Escape closes a popup, and the focus is where it was', async ({ page, grid, world }) => {
  await world.request('Home Visit', 'export_and_delete')
  await grid.open()
  await grid.act('Home Visit', 'Revoke')
  await expect(page.getByRole('dialog', { name: 'Message' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(grid.actions('Home Visit')).toBeFocused()
  await expect(grid.row('Home Visit')).toContainText('In Queue')
})

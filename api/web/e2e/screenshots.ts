import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { acme, cai, sam } from './accounts'
import { Form } from './form'
import { signIn } from './signin'
import { expect, test } from './test'

const folder = join(import.meta.dirname, '../../../docs/screenshots')

/** Takes a picture of a view, or of a popup: of light colours on a desktop, and of others where they are asked for. */
async function shoot(page: Page, name: string, others: ('dark' | 'phone')[] = []): Promise<void> {
  await take(page, name)
  if (others.includes('dark')) {
    await page.emulateMedia({ colorScheme: 'dark' })
    await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark')
    await take(page, `${name}-dark`)
    await page.emulateMedia({ colorScheme: 'light' })
  }
  if (others.includes('phone')) {
    await page.setViewportSize({ width: 360, height: 740 })
    await take(page, `${name}-phone`)
    await page.setViewportSize({ width: 1440, height: 900 })
  }
}

// A popup is taken without what is behind it, which other pictures show.
async function take(page: Page, name: string): Promise<void> {
  const popup = page.locator('[role=dialog]:visible').first()
  const shown = (await popup.count()) > 0 ? popup : page
  await shown.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled', caret: 'hide' })
}

test.setTimeout(180_000)
test.use({ account: acme })

test('signing in', async ({ page }) => {
  await page.goto('/')
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  await shoot(page, 'signed-out')
  await signIn(page, sam)
  await page.getByRole('heading', { name: 'Access Denied' }).waitFor()
  await shoot(page, 'access-denied')
  await page.context().clearCookies()
  await page.evaluate(() => sessionStorage.clear())
  await signIn(page, cai)
  await page.getByRole('heading', { name: 'is not switched on' }).waitFor()
  await shoot(page, 'feature-off')
})

test('the grid and its popups', async ({ page, grid, world }) => {
  await grid.open()
  await expect(page.getByText('No requests yet')).toBeVisible()
  await shoot(page, 'grid-empty')

  await world.success('Document Collection', 'export_and_delete', 12_480, 0.002)
  await world.success('Phone Call', 'delete_only', 5_300)
  await world.generate('Home Visit', 4_000)
  const release = await world.database.hold(acme.id, 'Home Visit', 2_600)
  await world.caller.create('Home Visit', 'export_and_delete')
  await expect
    .poll(
      async () => (await world.database.count('SELECT count(*) FROM records WHERE account_id = $1', acme.id)) < 1_500,
    )
    .toBe(true)
  await world.caller.setHours('closed')
  await world.caller.revoke((await world.request('Payment Promise', 'delete_only', 920)).id)
  await world.request('Site Inspection', 'export_and_delete', 18_250)
  await world.generate('Survey', 7_421, 0.01)
  await page.reload()
  await expect(grid.row('Home Visit')).toContainText('Paused until')
  await shoot(page, 'grid', ['dark', 'phone'])
  await grid.actions('Document Collection').click()
  await page.getByRole('menuitem', { name: 'Download' }).waitFor()
  await shoot(page, 'actions')
  await page.keyboard.press('Escape')

  await grid.act('Document Collection', 'Details')
  await page.getByRole('dialog').waitFor()
  await page.waitForLoadState('networkidle')
  await shoot(page, 'details', ['dark', 'phone'])
  await page.keyboard.press('Escape')
  await grid.act('Document Collection', 'Download')
  await page.getByRole('region', { name: 'CSV files' }).waitFor()
  await shoot(page, 'download', ['phone'])
  await page.keyboard.press('Escape')
  await grid.act('Site Inspection', 'Revoke')
  await page.getByRole('dialog', { name: 'Message' }).waitFor()
  await shoot(page, 'revoke')
  await page.keyboard.press('Escape')

  const form = await Form.open(page, 'Export & Delete')
  await form.pick('Survey', '1 year')
  await expect(form.preview).toContainText('7,421')
  await shoot(page, 'create', ['dark', 'phone'])
  await form.submit.click()
  await form.confirm.waitFor()
  await shoot(page, 'confirm', ['phone'])
  await form.confirm.getByRole('button', { name: 'Back' }).click()
  await form.pickAge('Custom')
  await form.popup.getByRole('textbox', { name: 'From' }).fill('2023-03-01')
  await form.popup.getByRole('textbox', { name: 'To' }).fill('2023-10-31')
  await expect(form.preview).toContainText('after 31 October 2023')
  await shoot(page, 'create-custom')
  await form.popup.getByRole('button', { name: 'Pick the dates in a calendar' }).click()
  await page.getByRole('dialog', { name: 'Calendar' }).waitFor()
  await shoot(page, 'create-calendar')
  await page.keyboard.press('Escape')
  await form.pick('Site Inspection', '30 days')
  await expect(form.preview.getByRole('alert')).toBeVisible()
  await shoot(page, 'create-refused')
  await form.popup.getByRole('button', { name: 'Cancel' }).click()

  const deleting = await Form.open(page, 'Delete Only')
  await deleting.pick('Survey', '30 days')
  await deleting.submit.click()
  await deleting.confirm.waitFor()
  await shoot(page, 'confirm-delete-only')
  await deleting.confirm.getByRole('checkbox').check()
  await deleting.confirm.getByRole('button', { name: 'Confirm' }).click()
  await deleting.done.waitFor()
  await shoot(page, 'request-in-progress')
  await deleting.done.getByRole('button', { name: 'Okay' }).click()

  await page.goto('/settings')
  await page.getByRole('region', { name: 'Next windows' }).waitFor()
  await shoot(page, 'settings', ['dark', 'phone'])

  await world.rewrite(`SET created_on = created_on - interval '31 days', sel_before = sel_before - interval '31 days'`)
  await page.goto('/')
  await grid.act('Document Collection', 'Download')
  await page.getByRole('dialog').getByRole('alert').waitFor()
  await shoot(page, 'download-expired')
  await release()
})

import { inspect } from './inspect'
import { expect, test } from './test'

test('the details tell what happened, and outcomes that add up', async ({ page, grid, world }) => {
  test.slow()
  const request = await world.success('Home Visit', 'export_and_delete', 12)
  await grid.open()
  await grid.act('Home Visit', 'Details')
  const drawer = page.getByRole('dialog', { name: 'Home Visit: Export & Delete' })
  await expect(drawer).toBeVisible()
  await expect(page).toHaveURL(new RegExp(`/requests/${request.id}`))
  for (const [outcome, records] of [
    ['Deleted', '12'],
    ['Kept: changed', '0'],
    ['Kept: file came', '0'],
    ['Already gone', '0'],
    ['Failed', '0'],
    ['Not processed', '0'],
    ['Total', '12'],
  ] as const) {
    await expect(drawer.getByRole('row', { name: new RegExp(`^${outcome}\\s+${records}`) })).toBeVisible()
  }
  await expect(drawer).toContainText(world.account.admin)
  await expect(drawer).toContainText(`bulk/${world.account.id}/${request.id}`)
  const manifest = (await world.caller.files(request.id)).items.find(({ name }) => name === 'manifest.json')
  await expect(drawer).toContainText(manifest?.sha256 ?? 'a manifest')
  await inspect(page, 'the details')

  await page.reload()
  await expect(drawer).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(drawer).toHaveCount(0)
  await expect(page).toHaveURL(/\/$/)
  await expect(grid.row('Home Visit')).toContainText('Success')
})

test.describe('while the window is closed', () => {
  test.use({ window: 'closed' })

  test('the details tell who revoked a request, and why', async ({ page, grid, world }) => {
    const { id } = await world.request('Home Visit', 'delete_only')
    await world.caller.revoke(id, 'the wrong type')
    await grid.open()
    await grid.act('Home Visit', 'Details')
    const drawer = page.getByRole('dialog', { name: 'Home Visit: Delete Only' })
    await expect(drawer).toContainText('the wrong type')
    await page.keyboard.press('Escape')
    await expect(grid.actions('Home Visit')).toBeFocused()
    await expect(grid.row('Home Visit')).toContainText('Revoked')
  })

  test('a request that does not exist is told so', async ({ page, grid, world }) => {
    await world.request('Home Visit', 'delete_only')
    await grid.open()
    await page.goto('/requests/00000000-0000-4000-8000-000000000000')
    const drawer = page.getByRole('dialog')
    await expect(drawer).toContainText('Your account has no request with the id')
    await page.keyboard.press('Escape')
    await expect(grid.row('Home Visit')).toContainText('In Queue')
  })
})

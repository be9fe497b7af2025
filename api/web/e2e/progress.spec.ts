import { expect, test } from './test'

test('a running request shows how far it is, pauses when business begins, and ends, without a reload', async ({
  page,
  grid,
  world,
}) => {
  await world.generate('Home Visit', 300)
  const first = await world.database.hold(world.account.id, 'Home Visit', 150)
  const second = await world.database.hold(world.account.id, 'Home Visit', 250)
  await world.caller.create('Home Visit', 'export_and_delete')

  const row = grid.row('Home Visit')
  await grid.open()
  await expect(row).toContainText('In Progress')
  await page.evaluate(() => Object.assign(window, { sameDocument: true }))
  await expect(row).toContainText('Exported 300 · Verified 300 · Deleted 149 of 300')
  const bar = row.getByRole('progressbar', { name: 'Progress of Home Visit' })
  const before = Number(await bar.getAttribute('aria-valuenow'))

  await first()
  await expect(row).toContainText('Deleted 249 of 300')
  expect(Number(await bar.getAttribute('aria-valuenow'))).toBeGreaterThan(before)

  await world.caller.setHours('closed')
  await expect(row).toContainText('Paused until')
  await second()
  await expect(row).toContainText('In Progress')
  await world.caller.setHours('open')
  await expect(row).toContainText('Success')
  expect(await page.evaluate(() => 'sameDocument' in window)).toBe(true)
})

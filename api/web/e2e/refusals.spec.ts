import { Form } from './form'
import { expect, test } from './test'

const duplicate = 'Another request for the same Activity Type already exists.'
const queueFull =
  'Multiple requests to export and delete data are in queue. Please wait till the existing requests are processed.'

test('nothing_to_do: nothing is old enough', async ({ page, grid, world }) => {
  await world.generate('Home Visit', 1)
  await world.age('Home Visit', 1, new Date().toISOString())
  await grid.open()
  const form = await Form.open(page, 'Export & Delete')
  await form.pick('Home Visit', '30 days')
  await expect(form.preview.getByRole('alert')).toHaveText('No activities of this type match the date range.')
  await expect(form.submit).toBeDisabled()
  await form.popup.getByRole('button', { name: 'Cancel' }).click()
  await expect(grid.row('Home Visit')).toHaveCount(0)
})

test('unknown_activity_type: the type is no custom one any more', async ({ page, grid, world }) => {
  await world.generate('Home Visit', 2)
  await world.generate('Site Visit', 2)
  await grid.open()
  const form = await Form.open(page, 'Export & Delete')
  await form.pick('Site Visit', '30 days')
  await expect(form.preview).toContainText('2 activities')
  await world.database.execute(
    `UPDATE record_types SET category = 'core' WHERE account_id = $1 AND name = 'Home Visit'`,
    world.account.id,
  )
  await form.pick('Home Visit', '30 days')
  await expect(form.preview.getByRole('alert')).toHaveText(
    '"Home Visit" is not a custom activity type. Only custom activity types can be exported and deleted.',
  )
  await expect(form.submit).toBeDisabled()
  await form.popup.getByRole('button', { name: 'Cancel' }).click()
  await expect(grid.row('Home Visit')).toHaveCount(0)
})

test('only custom types are offered, and none are when there are none', async ({ page, grid, world }) => {
  await world.generate('Core Activity', 1)
  await world.database.execute(`UPDATE record_types SET category = 'core' WHERE account_id = $1`, world.account.id)
  await grid.open()
  const form = await Form.open(page, 'Export & Delete')
  await expect(form.popup).toContainText('This account has no custom activity types.')
  await form.popup.getByRole('button', { name: 'Cancel' }).click()
  await expect(grid.row('Core Activity')).toHaveCount(0)
})

test('request_too_large: more than 200,000 match', async ({ page, grid, world }) => {
  await world.generate('Home Visit', 1)
  await world.multiply('Home Visit', 200_000)
  await grid.open()
  const form = await Form.open(page, 'Delete Only')
  await form.pick('Home Visit', '30 days')
  await expect(form.preview.getByRole('alert')).toHaveText(
    '200001 records match, but one request may hold at most 200000. Please adjust the date range.',
  )
  await expect(form.submit).toBeDisabled()
  await form.popup.getByRole('button', { name: 'Cancel' }).click()
  await expect(grid.row('Home Visit')).toHaveCount(0)
})

test.describe('while the window is closed', () => {
  test.use({ window: 'closed' })

  test('duplicate_request: the preview says that another one waits', async ({ page, grid, world }) => {
    await world.request('Home Visit', 'export_and_delete')
    await grid.open()
    const form = await Form.open(page, 'Delete Only')
    await form.pick('Home Visit', '30 days')
    await expect(form.preview.getByRole('alert')).toHaveText(duplicate)
    await expect(form.submit).toBeDisabled()
    await form.popup.getByRole('button', { name: 'Cancel' }).click()
    await page.reload()
    await expect(grid.row('Home Visit')).toContainText('Export & Delete')
    await expect(grid.rows('Home Visit')).toHaveCount(1)
  })

  test('duplicate_request: somebody else was quicker with the confirmation', async ({ page, grid, world }) => {
    await world.generate('Home Visit', 7)
    await grid.open()
    const form = await Form.open(page, 'Export & Delete')
    await form.pick('Home Visit', '30 days')
    await form.goOn()
    await world.caller.create('Home Visit', 'delete_only')
    await form.confirm.getByRole('button', { name: 'Confirm' }).click()
    await expect(form.confirm.getByRole('alert')).toHaveText(duplicate)
    await expect(form.confirm.getByRole('button', { name: /^Confirm/ })).toHaveCount(0)
    await form.confirm.getByRole('button', { name: 'Back' }).click()
    await expect(form.preview.getByRole('alert')).toHaveText(duplicate)
    await form.popup.getByRole('button', { name: 'Cancel' }).click()
    await expect(grid.row('Home Visit')).toContainText('Delete Only')
    await expect(grid.rows('Home Visit')).toHaveCount(1)
  })

  test('queue_full: 1,000,000 records wait', async ({ page, grid, world }) => {
    for (const entity of ['Type A', 'Type B', 'Type C', 'Type D', 'Type E']) {
      await world.request(entity, 'export_and_delete', 1)
    }
    await world.rewrite('SET records = 200000')
    await world.generate('Home Visit', 1)
    await grid.open()
    const form = await Form.open(page, 'Export & Delete')
    await form.pick('Home Visit', '30 days')
    await expect(form.preview.getByRole('alert')).toHaveText(queueFull)
    await expect(form.submit).toBeDisabled()
    await form.popup.getByRole('button', { name: 'Cancel' }).click()
    await page.reload()
    await expect(grid.row('Type E')).toContainText('200,000')
    await expect(grid.row('Home Visit')).toHaveCount(0)
  })

  test('unavailable: what was picked stays, and trying again works', async ({ page, grid, world }) => {
    await world.generate('Home Visit', 6)
    await grid.open()
    const form = await Form.open(page, 'Export & Delete')
    await form.pick('Home Visit', '30 days')
    await form.goOn()
    await page.route('**/api/v1/requests', (route) =>
      route.fulfill({
        status: 503,
        contentType: 'application/problem+json',
        json: {
          code: 'unavailable',
          detail: 'Please try again in a moment.',
          status: 503,
          title: 'Unavailable',
          type: 'about:blank',
        },
      }),
    )
    await form.confirm.getByRole('button', { name: 'Confirm' }).click()
    await expect(form.confirm.getByRole('alert')).toContainText('Please try again in a moment.')
    await page.unroute('**/api/v1/requests')
    await form.confirm.getByRole('button', { name: 'Confirm again' }).click()
    await form.done.getByRole('button', { name: 'Okay' }).click()
    await expect(grid.row('Home Visit')).toContainText('In Queue')
  })
})

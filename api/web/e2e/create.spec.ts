import { Form } from './form'
import { expect, test } from './test'

test('Export & Delete is created, runs and ends as Success', async ({ page, grid, world }) => {
  await world.generate('Document Collection', 25, 0.5)
  await grid.open()
  const form = await Form.open(page, 'Export & Delete')
  await expect(form.submit).toBeDisabled()
  await form.pick('Document Collection', '30 days')
  await expect(form.preview).toContainText('25 activities')
  await expect(form.preview).toContainText(/[1-9]\d* attachments?/)
  await expect(form.preview).toContainText(/All activities modified before \d+ \w+ \d{4} 00:00 \(GMT\+5:30\)/)
  await expect(form.preview).toContainText(/18:30.* UTC|T18:30:00Z/)
  await form.submit.click()

  await expect(form.confirm).toContainText('25 activities')
  await expect(form.confirm).toContainText('All Activity field data')
  await expect(form.confirm).toContainText('All Activity & CFS Attachments')
  await expect(form.confirm).toContainText('statutory retention')
  await expect(form.confirm.getByRole('button', { name: 'Confirm' })).toBeDisabled()
  await form.confirm.getByRole('checkbox').check()
  await form.finish()

  await expect(page.getByRole('button', { name: 'Create', exact: true })).toBeFocused()
  await expect(grid.row('Document Collection')).toContainText('Export & Delete')
  await expect(grid.row('Document Collection')).toContainText('Success')
  await expect(grid.row('Document Collection')).toContainText('25')
})

test('Delete Only warns that nothing can be retrieved, runs and ends as Success', async ({ page, grid, world }) => {
  await world.generate('Home Visit', 12)
  await grid.open()
  const form = await Form.open(page, 'Delete Only')
  await form.pick('Home Visit', '1 year')
  await form.submit.click()
  await expect(form.confirm).toContainText('This cannot be undone')
  await expect(form.confirm).toContainText('nothing can be retrieved')
  await expect(form.confirm).toContainText('Export & Delete is recommended')
  await form.confirm.getByRole('checkbox').check()
  await form.finish()
  await expect(grid.row('Home Visit')).toContainText('Delete Only')
  await expect(grid.row('Home Visit')).toContainText('Success')
})

test('a custom range keeps what is inside and counts both sides apart', async ({ page, grid, world }) => {
  await world.generate('Site Visit', 40)
  await world.age('Site Visit', 10, '2022-06-15')
  await world.age('Site Visit', 25, '2024-06-15')
  await grid.open()
  const form = await Form.open(page, 'Export & Delete')
  await form.pick('Site Visit', 'Custom')
  await form.popup.getByRole('textbox', { name: 'From' }).fill('2023-01-01')
  await form.popup.getByRole('textbox', { name: 'To' }).fill('31 Dec 2023')
  for (const shown of [form.preview, form.confirm]) {
    await expect(shown).toContainText('35 activities')
    await expect(shown).toContainText('10 before 1 January 2023 00:00')
    await expect(shown).toContainText('25 after 31 December 2023')
    if (shown === form.preview) await form.submit.click()
  }
  await form.confirm.getByRole('checkbox').check()
  await form.finish()
  await expect(grid.row('Site Visit')).toContainText('Success')
  expect(await world.count('Site Visit')).toBe(5)
})

test('Back keeps what was picked, and only what was confirmed is created', async ({ page, grid, world }) => {
  await world.generate('Phone Call', 3)
  await grid.open()
  const form = await Form.open(page, 'Export & Delete')
  await form.pick('Phone Call', '90 days')
  await form.submit.click()
  await form.confirm.getByRole('button', { name: 'Back' }).click()
  await expect(form.popup.getByRole('combobox', { name: 'Activity Type' })).toHaveValue('Phone Call')
  await expect(form.preview).toContainText('3 activities')
  await form.popup.getByRole('button', { name: 'Cancel' }).click()
  await expect(form.popup).toHaveCount(0)
  await expect(grid.row('Phone Call')).toHaveCount(0)
})

test.describe('while the window is closed', () => {
  test.use({ window: 'closed' })

  test('a request whose answer was lost is created once', async ({ page, grid, world }) => {
    await world.generate('Home Visit', 4)
    await grid.open()
    const form = await Form.open(page, 'Export & Delete')
    await form.pick('Home Visit', '30 days')
    await form.goOn()
    await page.route(
      '**/api/v1/requests',
      async (route) => {
        await route.fetch() // the API has created it
        await route.abort('connectionreset')
      },
      { times: 1 },
    )
    await form.confirm.getByRole('button', { name: 'Confirm' }).click()
    await expect(form.confirm.getByRole('alert')).toContainText('It is not certain whether the request was created.')
    await form.confirm.getByRole('button', { name: 'Confirm again' }).click()
    await form.done.getByRole('button', { name: 'Okay' }).click()
    await expect(grid.rows('Home Visit')).toHaveCount(1)
    await expect(grid.row('Home Visit')).toContainText('In Queue')
  })

  test('a double click creates one request', async ({ page, grid, world }) => {
    await world.generate('Home Visit', 4)
    await grid.open()
    const form = await Form.open(page, 'Delete Only')
    await form.pick('Home Visit', '30 days')
    await form.goOn()
    let calls = 0
    page.on('request', (request) => {
      if (request.method() === 'POST' && request.url().endsWith('/api/v1/requests')) calls++
    })
    await form.confirm.getByRole('button', { name: 'Confirm' }).dblclick()
    await form.done.getByRole('button', { name: 'Okay' }).click()
    expect(calls).toBe(1)
    await expect(grid.rows('Home Visit')).toHaveCount(1)
  })
})

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Download, Page } from '@playwright/test'
import { expect, test } from './test'
import { unzip } from './unzip'

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

async function bytesOf(download: Download): Promise<Buffer> {
  return readFileSync(await download.path())
}

const popupOf = (page: Page) => page.getByRole('dialog', { name: 'Download Exported Data' })

interface Manifest {
  files: { name: string; rows?: number; sha256: string }[]
}

test('each file is downloaded, and is the one that the manifest names', async ({ page, grid, world }) => {
  await world.success('Document Collection', 'export_and_delete', 30)
  await grid.open()
  await grid.act('Document Collection', 'Download')
  const popup = popupOf(page)
  await expect(popup).toContainText(/30 days remain to download these files \(until .+\)\./)

  const one = async (name: string) => {
    const download = page.waitForEvent('download')
    await popup.getByRole('button', { name: `Download ${name}` }).click()
    expect((await download).suggestedFilename()).toBe(name)
    return bytesOf(await download)
  }
  const csv = await one('records-0001.csv')
  const manifest = JSON.parse((await one('manifest.json')).toString()) as Manifest
  const listed = manifest.files.find(({ name }) => name === 'records-0001.csv')
  expect(listed?.sha256).toBe(sha256(csv))
  expect(listed?.rows).toBe(30)
  await expect(popup.getByRole('row', { name: 'records-0001.csv' })).toContainText('Saved')

  await page.keyboard.press('Escape')
  await expect(popup).toHaveCount(0)
  await expect(grid.row('Document Collection')).toContainText('Success')
})

test('all files are downloaded as multiple CSV files, and attachments as one ZIP file', async ({
  page,
  grid,
  world,
}) => {
  const request = await world.success('Document Collection', 'export_and_delete', 10_040, 0.002)
  const { items } = await world.caller.files(request.id)
  await grid.open()
  await grid.act('Document Collection', 'Download')
  const popup = popupOf(page)

  const downloads: Download[] = []
  page.on('download', (download) => downloads.push(download))
  await popup.getByRole('button', { name: 'Download', exact: true }).first().click()
  const parts = items.filter(({ kind }) => kind === 'csv')
  expect(parts.length).toBeGreaterThan(1)
  await expect.poll(() => downloads.length).toBe(parts.length)
  for (const [i, part] of parts.entries()) {
    const download = downloads[i]
    if (download === undefined) throw new Error('there is one for each part')
    expect(download.suggestedFilename()).toBe(part.name)
    expect(sha256(await bytesOf(download))).toBe(part.sha256)
  }

  const attachments = items.filter(({ kind }) => kind === 'attachment')
  expect(attachments.length).toBeGreaterThan(0)
  const zip = page.waitForEvent('download')
  await popup.getByRole('button', { name: 'Download attachments as ZIP' }).click()
  const unzipped = unzip(await bytesOf(await zip))
  expect([...unzipped].map(([name, bytes]) => [name, sha256(bytes)])).toEqual(
    attachments.map(({ name, sha256 }) => [name, sha256]),
  )
  await page.keyboard.press('Escape')
  await expect(grid.row('Document Collection')).toContainText('Success')
})

test('a file that arrives changed is not saved', async ({ page, grid, world }) => {
  await world.success('Document Collection', 'export_and_delete', 3)
  await grid.open()
  await page.route('**/files/records-0001.csv', async (route) => {
    const response = await route.fetch()
    const body = await response.body()
    body[body.length - 2] = 0x58
    await route.fulfill({ response, body })
  })
  let saved = 0
  page.on('download', () => saved++)
  await grid.act('Document Collection', 'Download')
  const popup = popupOf(page)
  await popup.getByRole('button', { name: 'Download records-0001.csv' }).click()
  await expect(popup.getByRole('alert')).toContainText('its SHA-256 differs')
  expect(saved).toBe(0)
  await page.keyboard.press('Escape')
  await expect(grid.row('Document Collection')).toContainText('Success')
})

test('the report has one line per record', async ({ page, grid, world }) => {
  const request = await world.success('Home Visit', 'delete_only', 17)
  await grid.open()
  expect(await grid.offers('Home Visit')).toEqual(['Details', 'View Report'])
  const download = page.waitForEvent('download')
  await grid.act('Home Visit', 'View Report')
  expect((await download).suggestedFilename()).toContain(request.id)
  const lines = (await bytesOf(await download)).toString().trim().split('\n')
  expect(lines[0]).toContain('ProspectActivityId')
  expect(lines).toHaveLength(1 + 17)
  await expect(page.getByText('Report downloaded')).toBeVisible()
  await expect(grid.row('Home Visit')).toContainText('Success')
})

test('export_expired: after 30 days the files are gone, and the report stays', async ({ page, grid, world }) => {
  await world.success('Document Collection', 'export_and_delete', 5)
  await world.rewrite(`SET created_on = created_on - interval '31 days', sel_before = sel_before - interval '31 days'`)
  await grid.open()
  await grid.act('Document Collection', 'Download')
  const popup = popupOf(page)
  await expect(popup.getByRole('alert')).toContainText('Files are kept for 30 days from the creation of a request.')
  await expect(popup.getByRole('button', { name: /^Download/ })).toHaveCount(0)
  const download = page.waitForEvent('download')
  await popup.getByRole('button', { name: 'View Report' }).click()
  expect((await bytesOf(await download)).toString().trim().split('\n')).toHaveLength(1 + 5)
  await page.keyboard.press('Escape')
  await expect(grid.row('Document Collection')).toContainText('Success')
})

test('one day before the end the popup says so', async ({ page, grid, world }) => {
  await world.success('Document Collection', 'export_and_delete', 5)
  await world.rewrite(
    `SET created_on = created_on - interval '29 days 1 hour', sel_before = sel_before - interval '31 days'`,
  )
  await grid.open()
  await grid.act('Document Collection', 'Download')
  await expect(popupOf(page)).toContainText('1 day remains to download these files')
  await page.keyboard.press('Escape')
  await expect(grid.row('Document Collection')).toContainText('Success')
})

import { expect, test } from './test'

const limit = 300_000 // bytes, compressed

test('the first load of the grid is small', async ({ page, grid, world }) => {
  await world.success('Home Visit', 'delete_only')
  const scripts = new Map<string, Promise<number>>()
  page.on('requestfinished', (request) => {
    if (request.resourceType() !== 'script' || scripts.has(request.url())) return
    scripts.set(
      request.url(),
      request.sizes().then((sizes) => sizes.responseBodySize),
    )
  })
  await grid.open()
  await expect(grid.row('Home Visit')).toContainText('Success')
  await page.waitForLoadState('networkidle')
  const bytes = (await Promise.all(scripts.values())).reduce((sum, size) => sum + size, 0)
  expect(bytes).toBeGreaterThan(0)
  expect(bytes).toBeLessThan(limit)
})

test('the policy allows no script but the page and its own files', async ({ page, grid, world }) => {
  await world.success('Home Visit', 'delete_only')
  const response = await page.goto('/')
  const policy = response?.headers()['content-security-policy'] ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self';")
  expect(policy).not.toContain('unsafe')
  await grid.open()
  await expect(grid.row('Home Visit')).toContainText('Success')
})

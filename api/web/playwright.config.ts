import { defineConfig } from '@playwright/test'
import { browser } from './e2e/browser'

// The page in a real browser, on a real stack that e2e/stack.ts starts: `make test`.
export default defineConfig({
  testDir: 'e2e',
  globalSetup: './e2e/stack.ts',
  fullyParallel: true,
  workers: 2,
  forbidOnly: true,
  reporter: 'list',
  timeout: 60_000,
  expect: { timeout: 20_000 },
  use: {
    ...browser,
    screenshot: 'only-on-failure',
  },
})

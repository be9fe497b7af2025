import { defineConfig } from '@playwright/test'
import tests from './playwright.config'

// Pictures of every view and popup, for docs/screenshots: `make screenshots`.
export default defineConfig(tests, { testMatch: 'screenshots.ts', workers: 1, fullyParallel: false })

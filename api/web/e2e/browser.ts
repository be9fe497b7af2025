import type { PlaywrightTestOptions, PlaywrightWorkerOptions } from '@playwright/test'

/** Debian's Chromium, or the one that CHROMIUM names: a browser of the distribution is kept up to date with it. */
export const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** Somebody in Berlin, whose accounts are in India. Nothing moves, so that nothing is looked at half-way. */
export const browser = {
  browserName: 'chromium',
  launchOptions: {
    executablePath,
    chromiumSandbox: process.getuid?.() !== 0, // Chromium has no sandbox for root
  },
  viewport: { width: 1440, height: 900 },
  locale: 'en-GB',
  timezoneId: 'Europe/Berlin',
  contextOptions: { reducedMotion: 'reduce' },
} satisfies Partial<PlaywrightTestOptions & PlaywrightWorkerOptions>

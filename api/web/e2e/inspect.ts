import type { Page } from '@playwright/test'
import axe from 'axe-core'
import { expect } from './test'

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const desktop = { width: 1440, height: 900 }
const phone = { width: 360, height: 740 }

/** Wants a view, or a popup on it, to be accessible in light and in dark, and to fit a phone and a desktop. */
export async function inspect(page: Page, what: string): Promise<void> {
  for (const size of [phone, desktop]) {
    await page.setViewportSize(size)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', colorScheme)
      await expect.poll(() => violations(page), `${what}, ${colorScheme}, ${size.width} px`).toEqual([])
    }
    expect(await overhang(page), `${what} scrolls sideways at ${size.width} px`).toBe(0)
  }
  await page.emulateMedia({ colorScheme: 'light' })
}

/** How far what can be pressed reaches beyond the screen, or the view can be scrolled sideways. */
function overhang(page: Page): Promise<number> {
  return page.evaluate(() => {
    // The header is fixed, so that it does not make the view any wider.
    const ends = [...document.querySelectorAll('header :is(a, button)')].map(
      (item) => item.getBoundingClientRect().right,
    )
    return Math.max(innerWidth, document.documentElement.scrollWidth, ...ends) - innerWidth
  })
}

// The debugger's protocol runs it, so the page's content security policy stands as it is.
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return page.evaluate(async (tags) => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run({ runOnly: tags })
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${help}\n${html}\n${failureSummary ?? ''}`),
    )
  }, rules)
}

import { expect, type Page } from '@playwright/test'

/** Signs in as people do: by the chooser of the issuer. */
export async function signIn(page: Page, email: string, path = '/'): Promise<void> {
  await page.goto(path)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await choose(page, email)
}

export async function choose(page: Page, email: string): Promise<void> {
  await expect(page.getByRole('heading', { level: 1, name: 'Sign in to Offhours' })).toBeVisible()
  await page.getByRole('button', { name: email }).click()
}

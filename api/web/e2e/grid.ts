import { expect, type Locator, type Page } from '@playwright/test'
import { signIn } from './signin'

/** The grid as people see it. */
export class Grid {
  readonly title: Locator
  /** The rows of all requests that are shown. */
  readonly lines: Locator

  constructor(
    private readonly page: Page,
    private readonly admin: string,
  ) {
    this.title = page.getByRole('heading', { level: 1, name: 'Bulk Export & Delete Data' })
    this.lines = page.getByRole('table', { name: 'Requests' }).locator('tbody').getByRole('row')
  }

  /** Signs the administrator in; then the grid is there. */
  async open(): Promise<void> {
    await signIn(this.page, this.admin)
    await expect(this.title).toBeVisible()
  }

  /** The rows of an activity type's requests. */
  rows(entity: string): Locator {
    return this.lines.filter({ hasText: entity })
  }

  /** The row of the newest one. */
  row(entity: string): Locator {
    return this.rows(entity).first()
  }

  actions(entity: string): Locator {
    return this.row(entity).getByRole('button', { name: `Actions for ${entity}` })
  }

  /** Chooses from the menu of a request's row. */
  async act(entity: string, action: 'Details' | 'Revoke' | 'Download' | 'View Report'): Promise<void> {
    await this.actions(entity).click()
    await this.page.getByRole('menuitem', { name: action }).click()
  }

  /** What that menu has. */
  async offers(entity: string): Promise<string[]> {
    await this.actions(entity).click()
    const items = this.page.getByRole('menuitem')
    await items.first().waitFor()
    const words = await items.allTextContents()
    await this.page.keyboard.press('Escape')
    return words
  }
}

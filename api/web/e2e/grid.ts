import type { Locator, Page } from '@playwright/test'

/** The grid as people see it. */
export class Grid {
  readonly title: Locator

  constructor(private readonly page: Page) {
    this.title = page.getByRole('heading', { level: 1, name: 'Bulk Export & Delete Data' })
  }

  /** The rows of an activity type's requests. */
  rows(entity: string): Locator {
    return this.page.getByRole('table', { name: 'Requests' }).getByRole('row').filter({ hasText: entity })
  }

  /** The row of the newest one. */
  row(entity: string): Locator {
    return this.rows(entity).first()
  }

  /** Chooses from the menu of a request's row. */
  async act(entity: string, action: 'Details' | 'Revoke' | 'Download' | 'View Report'): Promise<void> {
    await this.row(entity)
      .getByRole('button', { name: `Actions for ${entity}` })
      .click()
    await this.page.getByRole('menuitem', { name: action }).click()
  }
}

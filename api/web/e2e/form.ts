import type { Locator, Page } from '@playwright/test'

/** The popups that create a request, in their order. */
export class Form {
  readonly preview: Locator
  readonly submit: Locator
  readonly confirm: Locator
  readonly done: Locator

  private constructor(
    private readonly page: Page,
    readonly popup: Locator,
  ) {
    this.preview = popup.getByRole('region', { name: 'Preview' })
    this.submit = popup.getByRole('button', { name: /^(Export and Delete|Delete)$/ })
    this.confirm = page.getByRole('dialog', { name: 'Confirm' })
    this.done = page.getByRole('dialog', { name: 'Request In Progress' })
  }

  static async open(page: Page, requestType: 'Export & Delete' | 'Delete Only'): Promise<Form> {
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByRole('menuitem', { name: requestType }).click()
    return new Form(page, page.getByRole('dialog', { name: requestType }))
  }

  async pick(entity: string, age: string): Promise<void> {
    await this.popup.getByRole('combobox', { name: 'Activity Type' }).fill(entity)
    await this.page.getByRole('option', { name: entity }).click()
    await this.pickAge(age)
  }

  async pickAge(age: string): Promise<void> {
    await this.popup.getByRole('combobox', { name: "Activities with 'Modified On' date older than" }).click()
    await this.page.getByRole('option', { name: age }).click()
  }

  /** From the complete form to the popup that asks for the confirmation. */
  async goOn(): Promise<void> {
    await this.submit.click()
    await this.confirm
      .getByRole('checkbox', { name: 'I confirm that the statutory retention requirements have been met' })
      .check()
  }

  /** Confirms, and reads what happens next. */
  async finish(): Promise<void> {
    await this.confirm.getByRole('button', { name: 'Confirm', exact: true }).click()
    await this.done.getByRole('button', { name: 'Okay' }).click()
  }
}

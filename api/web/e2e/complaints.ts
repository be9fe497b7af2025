import type { BrowserContext } from '@playwright/test'

/** Collects what a browser complains of: errors that nobody caught, what the security policy forbids, what React warns of. */
export function complaintsOf(context: BrowserContext): string[] {
  const complaints: string[] = []
  context.on('console', (message) => {
    // Answers like 409 are the API's, and some tests cut the line: whether the page tells that is for them to see.
    if (message.text().startsWith('Failed to load resource')) return
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  context.on('weberror', (error) => complaints.push(String(error.error())))
  return complaints
}

import type { PreviewRequest } from '../api/client'

/**
 * One idempotency key for each body, as long as the dialog is open: a call whose answer was lost is repeated with the
 * key of the first, so it never makes a second request; a changed form is another request.
 */
export function newKeys(): (body: PreviewRequest) => string {
  const keys = new Map<string, string>()
  return (body) => {
    const text = JSON.stringify(body)
    const key = keys.get(text) ?? crypto.randomUUID()
    keys.set(text, key)
    return key
  }
}

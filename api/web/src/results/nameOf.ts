/** The file name that an answer suggests (RFC 6266), or null. */
export function nameOf(response: Response): string | null {
  const disposition = response.headers.get('Content-Disposition') ?? ''
  const found = /filename=(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(disposition)
  const name = found?.[1]?.replace(/\\(.)/g, '$1') ?? found?.[2] ?? ''
  return name === '' ? null : name
}

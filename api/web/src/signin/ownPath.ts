/** Whether it is a path of this page, as a browser reads it: what follows `//` or `/\` is a host, also behind a tab. */
export function isOwnPath(value: unknown): value is string {
  return typeof value === 'string' && /^\/(?![/\\\s])/.test(value)
}

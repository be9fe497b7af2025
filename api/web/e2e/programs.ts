import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'

/** Where the built programs are: as for the end-to-end tests in Go. */
export const bin = resolve(process.env.OFFHOURS_TEST_BIN ?? resolve(import.meta.dirname, '../../../bin'))

/** Runs one of the product's programs to its end. */
export async function run(program: string, ...args: string[]): Promise<void> {
  await promisify(execFile)(resolve(bin, program), args)
}

/** What the stack has told of itself, such as its addresses. */
export function told(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: the stack does not run`)
  return value
}

import { expect, it } from 'vitest'
import { isOwnPath } from './ownPath'

it.each(['/', '/?status=in_queue', '/settings', '/requests/1'])('%s is of this page', (path) => {
  expect(isOwnPath(path)).toBe(true)
})

it.each(['', 'https://evil.example', '//evil.example', '/\\evil.example', '/\t/evil.example', undefined, {}])(
  '%j is not of this page',
  (path) => {
    expect(isOwnPath(path)).toBe(false)
  },
)

import '@testing-library/jest-dom/vitest'
import { cleanup, configure } from '@testing-library/react'
import { afterEach, vi } from 'vitest'

afterEach(cleanup)
configure({ asyncUtilTimeout: 5000 }) // on a busy machine

// What the component library asks a browser for and jsdom lacks.
vi.stubGlobal(
  'ResizeObserver',
  class {
    observe() {
      /* nothing has a size */
    }
    unobserve() {
      /* nothing has a size */
    }
    disconnect() {
      /* nothing has a size */
    }
  },
)
vi.stubGlobal('matchMedia', (media: string) => ({
  media,
  matches: false,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
}))
Element.prototype.scrollIntoView = () => undefined

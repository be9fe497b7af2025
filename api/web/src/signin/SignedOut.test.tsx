import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'
import { renderAs } from '../testing/render'
import { SignedOut } from './SignedOut'
import type { Session } from './session'

const session: Session = {
  token: () => Promise.resolve(null),
  anotherToken: () => Promise.resolve(null),
  signIn: () => Promise.reject(new Error('crypto is missing')),
  completeSignIn: () => Promise.resolve('/'),
  signOut: () => Promise.resolve(),
  onEnd: () => () => undefined,
  forget: () => Promise.resolve(),
}

it.each([
  { secure: false, says: /by its address that begins with https/ },
  { secure: true, says: /Please try again/ },
])('says why nobody can sign in, secure $secure', async ({ secure, says }) => {
  vi.stubGlobal('isSecureContext', secure)
  renderAs(<SignedOut session={session} />)
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }))
  expect(await screen.findByRole('alert')).toHaveTextContent(says)
  expect(screen.getByRole('button', { name: 'Sign in' })).toBeEnabled()
})

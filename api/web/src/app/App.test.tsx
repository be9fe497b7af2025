import { MantineProvider } from '@mantine/core'
import { act, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Me } from '../api/client'
import type { Session } from '../signin/session'
import { ada } from '../testing/render'
import { App } from './App'
import { theme } from './theme'

// As after an update: the files that the open page knows are gone.
vi.mock('../settings/Settings', () => Promise.reject(new Error('no such file')))
vi.mock('../requests/Requests', () => ({ Requests: () => <h1>Requests</h1> }))

let ended: () => void = () => undefined
const complain = vi.fn()

const session: Session = {
  token: () => Promise.resolve('token'),
  anotherToken: () => Promise.resolve(null),
  signIn: () => Promise.reject(new Error('not here')),
  completeSignIn: () => Promise.resolve('/'),
  signOut: () => Promise.resolve(),
  onEnd: (listener) => {
    ended = listener
    return () => undefined
  },
  forget: () => Promise.resolve(),
}

function show(path: string, me: Me) {
  history.replaceState(null, '', path)
  vi.stubGlobal(
    'fetch',
    vi.fn(() => Promise.resolve(Response.json(me))),
  )
  render(
    <MantineProvider theme={theme} env="test">
      <App session={session} />
    </MantineProvider>,
  )
  return userEvent.setup()
}

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(complain)
  complain.mockReset()
})

afterEach(() => {
  vi.restoreAllMocks()
})

it('shows nothing any more when the session has ended', async () => {
  show('/', { ...ada, isAdmin: false })
  await screen.findByRole('heading', { name: 'Access Denied' })
  act(() => ended())
  expect(screen.getByText(/You are signed out/)).toBeVisible()
  expect(screen.queryByText(/ada@acme.example/)).toBeNull()
  expect(complain).not.toHaveBeenCalled()
})

it('asks to be reloaded where a part of it is gone, and goes on elsewhere', async () => {
  const user = show('/settings', ada)
  expect(await screen.findByRole('heading', { name: 'Please reload this page' })).toBeVisible()
  expect(screen.getByRole('button', { name: 'Reload' })).toBeVisible()
  await user.click(screen.getByRole('link', { name: 'Offhours' }))
  expect(await screen.findByRole('heading', { name: 'Requests' })).toBeVisible()
})

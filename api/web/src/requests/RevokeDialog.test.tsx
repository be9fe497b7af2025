import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'
import type { Api } from '../api/client'
import { Problem, unreachable } from '../api/problem'
import { ended } from '../results/example'
import { renderAs } from '../testing/render'
import { RevokeDialog } from './RevokeDialog'

const queued = { ...ended, status: 'in_queue' as const }
const revoked = { ...queued, status: 'revoked' as const, revokedBy: 'grace@acme.example' }

function open(revoke: Api['revoke'], request = queued as typeof ended) {
  const close = vi.fn()
  renderAs(<RevokeDialog request={request} opened onClose={close} />, { revoke })
  return close
}

const yes = () => screen.findByRole('button', { name: 'Yes, Revoke Request' })

it('revokes with the reason that was given', async () => {
  const revoke = vi.fn<Api['revoke']>().mockResolvedValue(revoked)
  const close = open(revoke)
  await userEvent.type(await screen.findByRole('textbox', { name: 'Reason' }), ' wrong range ')
  await userEvent.click(await yes())
  expect(await screen.findByText('Request revoked')).toBeVisible()
  expect(revoke).toHaveBeenCalledExactlyOnceWith(queued.id, 'wrong range')
  expect(close).toHaveBeenCalledOnce()
})

it('needs no reason', async () => {
  const revoke = vi.fn<Api['revoke']>().mockResolvedValue(revoked)
  open(revoke)
  await userEvent.click(await yes())
  expect(revoke).toHaveBeenCalledExactlyOnceWith(queued.id, undefined)
})

it('says plainly when the request had started', async () => {
  const close = open(() => Promise.reject(new Problem('too_late_to_revoke', 'Too late.')))
  await userEvent.click(await yes())
  expect(await screen.findByRole('alert')).toHaveTextContent('has started, and cannot be revoked any more')
  expect(screen.queryByRole('button', { name: 'Yes, Revoke Request' })).not.toBeInTheDocument()
  expect(screen.getByRole('button', { name: 'Close' })).toHaveFocus()
  await userEvent.keyboard('{Enter}')
  expect(close).toHaveBeenCalledOnce()
})

it('is not certain when no answer came, and asks again with the same reason', async () => {
  const revoke = vi
    .fn<Api['revoke']>()
    .mockRejectedValueOnce(new Problem('unavailable', 'Ask again.'))
    .mockResolvedValue(revoked)
  const close = open(revoke)
  await userEvent.type(await screen.findByRole('textbox', { name: 'Reason' }), 'mistake')
  await userEvent.click(await yes())
  expect(await screen.findByRole('alert')).toHaveTextContent('It is not certain whether the request was revoked')
  expect(screen.getByRole('alert')).toHaveTextContent('Ask again.')
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByText('Request revoked')).toBeVisible()
  expect(revoke).toHaveBeenLastCalledWith(queued.id, 'mistake')
  expect(close).toHaveBeenCalledOnce()
})

it('stays until the answer is there, and then has the focus where one goes on', async () => {
  let fail: (problem: Problem) => void = () => undefined
  const close = open(() => new Promise((_, reject) => (fail = reject)))
  await userEvent.click(await yes())
  await userEvent.keyboard('{Escape}')
  expect(screen.getByRole('button', { name: 'Cancel' })).toBeDisabled()
  expect(close).not.toHaveBeenCalled()
  fail(unreachable())
  await waitFor(() => expect(screen.getByRole('button', { name: 'Try again' })).toHaveFocus())
  await userEvent.keyboard('{Escape}')
  expect(close).toHaveBeenCalledOnce()
})

it('does not claim uncertainty about a refusal', async () => {
  open(() => Promise.reject(new Problem('rate_limited', 'Too many calls.')))
  await userEvent.click(await yes())
  expect(await screen.findByRole('alert')).toHaveTextContent('The request was not revoked')
})

it.each([
  [{ ...queued, status: 'in_progress' as const }, 'has started, and cannot be revoked any more'],
  [revoked, 'It has been revoked already, by grace@acme.example.'],
])('asks nothing of a request that moved while the popup was open', async (request, words) => {
  open(() => Promise.reject(new Error('not to be asked')), request)
  expect(await screen.findByRole('alert')).toHaveTextContent(words)
  expect(screen.queryByRole('button', { name: 'Yes, Revoke Request' })).not.toBeInTheDocument()
})

it('keeps the direction of a name to itself, so that the number after it reads as it is', async () => {
  open(() => Promise.reject(new Error('not asked')), { ...queued, entityName: '\u202ereversed' })
  expect(await screen.findByText('\u202ereversed', { selector: 'bdi' })).toBeVisible()
})

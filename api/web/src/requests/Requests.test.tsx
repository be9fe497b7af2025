import { act, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Api, Request, RequestPage } from '../api/client'
import { Problem } from '../api/problem'
import { ended } from '../results/example'
import { renderAs } from '../testing/render'
import { Requests } from './Requests'

const page = (items: Request[], total = items.length): RequestPage => ({
  items,
  page: 1,
  pageSize: 15,
  total,
  creators: ['ada@acme.example', 'grace@acme.example'],
})

const queued: Request = { ...ended, status: 'in_queue', entityName: 'Field Visit' }
const running: Request = { ...ended, status: 'in_progress', progress: { ...ended.progress, phase: 'reporting' } }
const away = new Problem('unavailable', 'The database does not answer.')

const calls = (requests: Api['requests']): Partial<Api> => ({
  requests,
  activityTypes: () => Promise.resolve([{ code: 201, name: 'Document Collection' }]),
  account: () => new Promise(() => undefined),
})

const show = (requests: Api['requests'], openId?: string) =>
  renderAs(<Requests {...(openId === undefined ? {} : { openId })} />, calls(requests))

const screenOf = (wide: boolean) => (media: string) => ({
  media,
  matches: wide && media.includes('min-width'),
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
})

beforeEach(() => {
  history.replaceState(null, '', '/')
})

afterEach(() => {
  vi.useRealTimers()
  vi.stubGlobal('matchMedia', screenOf(false))
})

it('says that it loads', () => {
  show(() => new Promise(() => undefined))
  expect(screen.getByText('Loading requests')).toBeInTheDocument()
})

it('says why requests cannot be shown, and tries again', async () => {
  const requests = vi
    .fn<Api['requests']>()
    .mockRejectedValueOnce(away)
    .mockResolvedValue(page([queued]))
  show(requests)
  expect(await screen.findByRole('alert')).toHaveTextContent('The database does not answer.')
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByRole('list', { name: 'Requests' })).toHaveTextContent('Field Visit')
})

it('says how to begin when there are no requests', async () => {
  show(() => Promise.resolve(page([])))
  expect(await screen.findByRole('heading', { name: 'No requests yet' })).toBeVisible()
  expect(screen.queryByRole('button', { name: 'Clear filters' })).not.toBeInTheDocument()
})

it('offers to clear filters that nothing matches', async () => {
  history.replaceState(null, '', '/?status=failed')
  const requests = vi.fn<Api['requests']>((query) => Promise.resolve(page(query.status === undefined ? [queued] : [])))
  show(requests)
  const nothing = await screen.findByRole('heading', { name: 'No request matches the filters' })
  await userEvent.click(within(nothing.parentElement ?? nothing).getByRole('button', { name: 'Clear filters' }))
  expect(await screen.findByRole('list', { name: 'Requests' })).toBeVisible()
  expect(location.search).toBe('')
  expect(screen.getByRole('heading', { level: 1 })).toHaveFocus()
  expect(document.title).toBe('Bulk Export & Delete Data · Offhours')
})

it('asks for what the address says, and goes to the last page when there is no such one', async () => {
  history.replaceState(null, '', '/?page=9&sort=-records&createdBy=grace%40acme.example')
  const requests = vi.fn<Api['requests']>((query) => Promise.resolve(page(query.page === 2 ? [queued] : [], 16)))
  show(requests)
  expect(await screen.findByText('16–16 of 16')).toBeVisible()
  expect(requests).toHaveBeenLastCalledWith(
    { page: 2, pageSize: 15, sort: '-records', createdBy: 'grace@acme.example' },
    expect.anything(),
  )
  expect(location.search).toBe('?page=2&sort=-records&createdBy=grace%40acme.example')
})

it('announces a request that moves, and keeps what it shows while it cannot refresh', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  const requests = vi
    .fn<Api['requests']>()
    .mockResolvedValueOnce(page([running]))
    .mockResolvedValueOnce(page([ended]))
    .mockRejectedValue(away)
  show(requests)
  await screen.findByText('Writing the report')
  await act(() => vi.advanceTimersByTimeAsync(1500)) // one is running: it looks often
  expect(screen.getByText('Document Collection: Success')).toHaveAttribute('role', 'status')
  await act(() => vi.advanceTimersByTimeAsync(59_000)) // none can move
  expect(requests).toHaveBeenCalledTimes(2)
  await act(() => vi.advanceTimersByTimeAsync(1500))
  expect(await screen.findByRole('alert')).toHaveTextContent(/Could not refresh. Last updated .*does not answer/)
  expect(screen.getByRole('list', { name: 'Requests' })).toHaveTextContent('Document Collection')
})

it('sorts by its columns on a wide screen', async () => {
  vi.stubGlobal('matchMedia', screenOf(true))
  show(() => Promise.resolve(page([queued])))
  const table = await screen.findByRole('table', { name: 'Requests' })
  expect(
    within(table)
      .getAllByRole('columnheader')
      .map((header) => header.textContent),
  ).toEqual(['Entity Name', 'Request Type', 'Created By', 'Created On', 'No. of Records', 'Status', 'Actions'])
  const header = within(table).getByRole('columnheader', { name: 'Entity Name' })
  expect(header).toHaveAttribute('aria-sort', 'none')
  await userEvent.click(within(header).getByRole('button'))
  expect(header).toHaveAttribute('aria-sort', 'ascending')
  expect(location.search).toBe('?sort=entityName')
})

it('gives the focus back to what opened a popup', async () => {
  show(() => Promise.resolve(page([queued])))
  const actions = await screen.findByRole('button', { name: 'Actions for Field Visit' })
  await userEvent.click(actions)
  await userEvent.click(await screen.findByRole('menuitem', { name: 'Revoke' }))
  await userEvent.click(await screen.findByRole('button', { name: 'Cancel' }))
  await waitFor(() => expect(actions).toHaveFocus())
})

import { act, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it, vi } from 'vitest'
import type { Api, Request, RequestEvent } from '../api/client'
import { Problem } from '../api/problem'
import { ended, files } from '../results/example'
import { renderAs } from '../testing/render'
import { Details } from './Details'

const created: RequestEvent = { at: ended.createdOn, event: 'created', by: 'ada@acme.example', reason: null }

function show(request: Partial<Request>, calls: Partial<Api> = {}) {
  const close = vi.fn()
  renderAs(<Details id={ended.id} opened onClose={close} />, {
    request: () => Promise.resolve({ ...ended, ...request }),
    events: () => Promise.resolve([created]),
    files: () => Promise.resolve(files),
    ...calls,
  })
  return close
}

it('says who did what, and what is to come', async () => {
  show(
    { status: 'in_queue', completedOn: null },
    {
      events: () =>
        Promise.resolve([
          created,
          { at: ended.createdOn, event: 'revoke_asked', by: 'grace@acme.example', reason: 'Wrong.' },
        ]),
    },
  )
  const timeline = await screen.findByRole('list', { name: 'Timeline' })
  const steps = within(timeline).getAllByRole('listitem')
  expect(steps).toHaveLength(3)
  expect(steps[0]).toHaveTextContent('Created by ada@acme.example')
  expect(steps[1]).toHaveTextContent(/Asked to revoke by grace@acme.example.*“Wrong.”/)
  expect(steps[2]).toHaveTextContent('Planned start')
  expect(screen.queryByRole('table', { name: 'Outcomes' })).not.toBeInTheDocument()
})

it('adds to the timeline that a running request pauses', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  const running: Request = { ...ended, status: 'in_progress', completedOn: null }
  const paused: Request = { ...running, progress: { ...running.progress, pausedUntil: '2026-05-01T12:30:00Z' } }
  const request = vi.fn<Api['request']>().mockResolvedValueOnce(running).mockResolvedValue(paused)
  const events = vi
    .fn<Api['events']>()
    .mockResolvedValueOnce([created])
    .mockResolvedValue([created, { at: ended.createdOn, event: 'paused', by: null, reason: null }])
  show({}, { request, events })
  await screen.findByText('Created by ada@acme.example')
  await act(() => vi.advanceTimersByTimeAsync(2000))
  const timeline = await screen.findByRole('list', { name: 'Timeline' })
  expect(await within(timeline).findByText('Paused for business hours')).toBeVisible()
  vi.useRealTimers()
})

it.each([
  [['replica_lag'] as const, 'Slowed down so that others can work: the standby is behind'],
  [
    ['lock_waits', 'wal_rate'] as const,
    'Slowed down so that others can work: others wait for activities that are being deleted and the database writes as much as it may',
  ],
  [['a_reason_of_tomorrow' as 'wal_rate'] as const, 'Slowed down so that others can work: the database is busy'],
])('says why a running request is slow: %j', async (slowedBy, words) => {
  const progress = { ...ended.progress, phase: 'deleting' as const, slowedBy: [...slowedBy] }
  show({ status: 'in_progress', completedOn: null, progress })
  expect(await screen.findByText(words)).toBeVisible()
})

it('says nothing of the speed of a request that is not slowed down', async () => {
  show({ status: 'in_progress', completedOn: null, progress: { ...ended.progress, phase: 'deleting' } })
  expect(await screen.findByRole('progressbar')).toBeVisible()
  expect(screen.queryByText(/Slowed down/)).not.toBeInTheDocument()
})

it('shows outcomes that add up', async () => {
  show({
    records: 2005,
    outcomes: { deleted: 1998, keptChanged: 4, keptAttachment: 1, alreadyGone: 2, failed: 0, notProcessed: 0 },
  })
  const table = await screen.findByRole('table', { name: 'Outcomes' })
  const rows = within(table)
    .getAllByRole('row')
    .map((row) => row.textContent)
  expect(rows).toEqual([
    'OutcomeRecords',
    'Deleted1,998',
    'Kept: changed4',
    'Kept: file came1',
    'Already gone2',
    'Failed0',
    'Not processed0',
    'Total2,005',
  ])
})

it('shows both sides of a custom range in the zone of the account, and as instants', async () => {
  show({
    range: { from: '2025-01-01', to: '2025-12-31' },
    selection: { before: '2024-12-31T18:30:00Z', after: '2025-12-31T18:30:00Z', until: '2026-04-30T09:00:00Z' },
  })
  const selected = await screen.findByRole('region', { name: 'What was selected' })
  expect(selected).toHaveTextContent('Outside of 1 January 2025 to 31 December 2025')
  expect(selected).toHaveTextContent('Modified before1 Jan 2025, 00:00 (GMT+5:30)2024-12-31T18:30:00Z')
  expect(selected).toHaveTextContent('Or modified from1 Jan 2026, 00:00 (GMT+5:30)2025-12-31T18:30:00Z')
  expect(selected).toHaveTextContent('and before its creation30 Apr 2026, 14:30 (GMT+5:30)2026-04-30T09:00:00Z')
})

it.each([
  [{ days: 1 }, 'Older than 1 day'],
  [{ days: 90 }, 'Older than 90 days'],
  [{ days: 365 }, 'Older than 1 year'],
])('tells a range as it was asked for: %j', async (range, words) => {
  show({ range })
  expect(await screen.findByText(words)).toBeVisible()
})

it('says why a request failed, and what to do', async () => {
  show({ status: 'failed', failure: { code: 'archive_full', detail: 'No space is left.' } })
  const note = await screen.findByRole('alert')
  expect(note).toHaveTextContent('No space is left.')
  expect(note).toHaveTextContent('download it, as there may be no other copy')
  expect(note).toHaveTextContent('archive_full')
})

it('sums up the files, and says when they are over', async () => {
  show({}, { files: () => Promise.reject(new Problem('export_expired', 'The files could be downloaded until May.')) })
  expect(await screen.findByText('The files could be downloaded until May.')).toBeVisible()
})

it('names what support asks for', async () => {
  show({})
  expect(await screen.findByText(`bulk/1/${ended.id}`)).toBeVisible()
  expect(screen.getByRole('button', { name: 'Copy the workflow id' })).toBeVisible()
})

it('says so when there is no such request, and leads back', async () => {
  const close = show({}, { request: () => Promise.reject(new Problem('not_found', 'There is no such request.')) })
  expect(await screen.findByText(/Your account has no request with the id/)).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Show all requests' }))
  expect(close).toHaveBeenCalledOnce()
})

it('keeps the rest when what happened cannot be loaded, and tries again', async () => {
  const events = vi
    .fn<Api['events']>()
    .mockRejectedValueOnce(new Problem('unavailable', 'Ask later.'))
    .mockResolvedValue([created])
  show({}, { events })
  expect(await screen.findByText('Ask later.')).toBeVisible()
  expect(screen.getByRole('table', { name: 'Outcomes' })).toBeVisible()
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(await screen.findByRole('list', { name: 'Timeline' })).toBeVisible()
})

it('keeps the direction of names and reasons to themselves', async () => {
  const reversed = '\u202ereversed'
  show({ entityName: reversed }, { events: () => Promise.resolve([{ ...created, reason: reversed }]) })
  await screen.findByRole('list', { name: 'Timeline' })
  const isolated = await screen.findAllByText(reversed, { selector: 'bdi' })
  expect(isolated).toHaveLength(3) // title, activity type and reason
})

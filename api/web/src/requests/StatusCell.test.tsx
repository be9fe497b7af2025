import { screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ended } from '../results/example'
import { renderAs } from '../testing/render'
import { StatusCell } from './StatusCell'

const now = new Date('2026-05-01T12:00:00Z')
const after = (minutes: number) => new Date(now.getTime() + minutes * 60_000).toISOString()

beforeEach(() => {
  vi.useFakeTimers({ now })
})

afterEach(() => {
  vi.useRealTimers()
})

const sentence = (words: RegExp) =>
  screen.getByText((_, element) => element?.tagName === 'P' && words.test(element.textContent))

const running = {
  ...ended,
  status: 'in_progress' as const,
  records: 2000,
  progress: {
    phase: 'deleting' as const,
    exported: 2000,
    verified: 2000,
    deleted: 500,
    expectedEnd: after(3),
    pausedUntil: null,
    slowedBy: [],
  },
}

it('shows how far a running request is', () => {
  renderAs(<StatusCell request={running} />)
  const bar = screen.getByRole('progressbar', { name: 'Progress of Document Collection' })
  expect(bar).toHaveAttribute('aria-valuenow', '75')
  expect(bar).toHaveAttribute('aria-valuetext', 'Exported 2,000 · Verified 2,000 · Deleted 500 of 2,000')
  expect(screen.getByText('Deleting')).toBeVisible()
  expect(sentence(/^ends about \d\d:\d\d$/)).toBeVisible()
})

it('says until when a running request is paused, and not when it ends', () => {
  renderAs(<StatusCell request={{ ...running, progress: { ...running.progress, pausedUntil: after(24 * 60) } }} />)
  expect(sentence(/^Paused until 2 May 2026, \d\d:\d\d$/)).toBeVisible()
  expect(screen.queryByText(/ends about/)).not.toBeInTheDocument()
})

it.each([
  [after(180), /^starts in 3 hours \(1 May 2026, \d\d:\d\d\)$/],
  [after(-1), /^starts any moment now$/],
  [null, /^starts any moment now$/],
])('says when a request in the queue starts: %s', (startsAt, words) => {
  renderAs(<StatusCell request={{ ...ended, status: 'in_queue', startsAt }} />)
  expect(sentence(words)).toBeVisible()
})

it('tells the outcomes that there were', () => {
  renderAs(<StatusCell request={{ ...ended, outcomes: { ...ended.outcomes, deleted: 1200, keptAttachment: 3 } }} />)
  expect(screen.getByText('Deleted 1,200 · Kept: file came 3')).toBeVisible()
})

it('tells why a request failed', () => {
  renderAs(<StatusCell request={{ ...ended, status: 'failed', failure: { code: 'internal', detail: 'It broke.' } }} />)
  expect(screen.getByText('It broke.')).toBeVisible()
})

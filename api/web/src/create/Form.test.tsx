import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import type { Api, Preview } from '../api/client'
import { Problem } from '../api/problem'
import { renderAs } from '../testing/render'
import { CreateDialog } from './CreateDialog'
import { outlook, types } from './samples'

function show(calls: Partial<Api>, onClose: () => void = vi.fn()) {
  renderAs(<CreateDialog requestType="export_and_delete" onClose={onClose} />, {
    activityTypes: () => Promise.resolve(types),
    ...calls,
  })
  return userEvent.setup()
}

type User = ReturnType<typeof userEvent.setup>

const preview = () => screen.getByRole('region', { name: 'Preview' })
const submit = () => screen.getByRole('button', { name: 'Export and Delete' })

async function pickAge(user: User, age: string) {
  await user.click(screen.getByRole('combobox', { name: /older than/ }))
  await user.click(await screen.findByRole('option', { name: age }))
}

async function fill(user: User, age: string) {
  await user.click(screen.getByRole('combobox', { name: 'Activity Type' }))
  await user.click(await screen.findByRole('option', { name: 'Document Collection' }))
  await pickAge(user, age)
}

async function fillDates(user: User, from: string, to: string) {
  await fill(user, 'Custom')
  await user.click(screen.getByRole('textbox', { name: 'From' }))
  await user.paste(from)
  await user.click(screen.getByRole('textbox', { name: 'To' }))
  await user.paste(to)
  await user.tab()
}

describe('the activity types', () => {
  it('are told to be missing if the account has none', async () => {
    show({ activityTypes: () => Promise.resolve([]) })
    expect(await screen.findByText(/This account has no custom activity types/)).toBeVisible()
    expect(submit()).toBeDisabled()
  })

  it('can be asked for again', async () => {
    const activityTypes = vi.fn(() => Promise.resolve(types))
    activityTypes.mockRejectedValueOnce(new Problem('unavailable', 'Please try again later.'))
    const user = show({ activityTypes })
    expect(await screen.findByRole('alert')).toHaveTextContent('Please try again later.')
    await user.click(screen.getByRole('button', { name: 'Try again' }))
    expect(await screen.findByRole('combobox', { name: 'Activity Type' })).toBeVisible()
  })

  it('of one name are told apart by their codes', async () => {
    const user = show({ activityTypes: () => Promise.resolve([...types, { code: 301, name: 'Site Visit' }]) })
    await user.click(screen.getByRole('combobox', { name: 'Activity Type' }))
    expect(await screen.findByRole('option', { name: 'Site Visit (202)' })).toBeInTheDocument()
    expect(screen.getByRole('option', { name: 'Site Visit (301)' })).toBeInTheDocument()
  })
})

describe('the preview', () => {
  it('never shows the numbers of another form', async () => {
    const answers = new Map<number, (preview: Preview) => void>()
    const user = show({
      preview: (body) => new Promise((resolve) => answers.set(body.range.days ?? 0, resolve)),
    })
    await fill(user, '30 days')
    expect(preview()).toHaveTextContent('Counting…')
    answers.get(30)?.(outlook)
    expect(await within(preview()).findByText('12,345')).toBeVisible()
    expect(preview()).toHaveTextContent('All activities modified before 1 April 2026 00:00 (GMT+5:30)')
    expect(preview()).toHaveTextContent('2026-03-31 18:30:00 UTC')
    expect(submit()).toBeEnabled()

    await pickAge(user, '60 days')
    expect(preview()).toHaveTextContent('Counting…')
    expect(preview()).not.toHaveTextContent('12,345')
    expect(submit()).toBeDisabled()
    answers.get(60)?.({ ...outlook, records: 77 })
    expect(await within(preview()).findByText('77')).toBeVisible()

    await pickAge(user, '30 days')
    expect(preview()).not.toHaveTextContent('12,345')
  })

  it('can be asked for again after a failure', async () => {
    const ask = vi.fn(() => Promise.resolve(outlook))
    ask.mockRejectedValueOnce(new Problem('unavailable', 'Please try again in a moment.'))
    const user = show({ preview: ask })
    await fill(user, '30 days')
    expect(await screen.findByRole('alert')).toHaveTextContent('Please try again in a moment.')
    expect(submit()).toBeDisabled()
    await user.click(within(preview()).getByRole('button', { name: 'Try again' }))
    expect(await within(preview()).findByText('12,345')).toBeVisible()
  })

  it.each([
    ['nothing_to_do', 'No activity matches.', true],
    ['queue_full', 'Multiple requests to export and delete data are in queue.', true],
    ['request_too_large', '200,001 activities match.', false],
    ['unknown_activity_type', 'There is no such type.', false],
  ] as const)('tells %s in the words of the API and lets nobody go on', async (code, detail, attachments) => {
    const user = show({ preview: () => Promise.resolve({ ...outlook, refusal: { code, detail } }) })
    await fill(user, '30 days')
    expect((await within(preview()).findByRole('alert')).textContent).toBe(detail)
    expect(submit()).toBeDisabled()
    expect(preview()).not.toHaveTextContent('Starts at the earliest')
    expect(within(preview()).queryByText(/attachments/) !== null).toBe(attachments)
  })
})

describe('a custom range', () => {
  it('takes typed dates and counts both sides apart', async () => {
    const ask = vi.fn<Api['preview']>(() =>
      Promise.resolve({
        ...outlook,
        recordsBefore: 12_000,
        recordsAfter: 345,
        selection: { before: '2024-12-31T18:30:00Z', after: '2025-12-31T18:30:00Z', until: '2026-04-30T06:30:00Z' },
      }),
    )
    const user = show({ preview: ask })
    await fillDates(user, '2025-01-01', '31 Dec 2025')
    expect(await within(preview()).findByText('345')).toBeVisible()
    expect(preview()).toHaveTextContent('12,000 before 1 January 2025 00:00 (GMT+5:30)2024-12-31 18:30:00 UTC')
    expect(preview()).toHaveTextContent('345 after 31 December 2025, up to the moment of creation')
    expect(preview()).toHaveTextContent('Activities modified from 1 January 2025 to 31 December 2025 stay.')
    expect(ask).toHaveBeenCalledExactlyOnceWith(
      {
        activityType: 201,
        requestType: 'export_and_delete',
        range: { from: '2025-01-01', to: '2025-12-31' },
      },
      expect.any(AbortSignal),
    )
    expect(screen.getByRole('textbox', { name: 'To' })).toHaveValue('31 December 2025')
  })

  it('that ends today has nothing after it', async () => {
    const user = show({ preview: () => Promise.resolve({ ...outlook, selection: { ...outlook.selection } }) })
    await fillDates(user, '2025-01-01', '2026-04-30')
    expect(await screen.findByText(/that day is not over yet/)).toBeVisible()
  })

  it('is not asked about while the dates are reversed or cannot be read', async () => {
    const ask = vi.fn(() => Promise.resolve(outlook))
    const user = show({ preview: ask })
    await fillDates(user, '2026-01-01', '2025-12-31')
    expect(screen.getByRole('textbox', { name: 'From' })).toHaveAccessibleDescription('Must not be after To')
    expect(screen.getByRole('textbox', { name: 'To' })).toBeInvalid()
    await user.clear(screen.getByRole('textbox', { name: 'From' }))
    await user.paste('03/04/2025')
    await user.tab()
    expect(screen.getByRole('textbox', { name: 'From' })).toHaveAccessibleDescription(
      'Write it as 2025-12-31 or 31 Dec 2025',
    )
    expect(ask).not.toHaveBeenCalled()
    expect(submit()).toBeDisabled()
  })

  it('shows why the API does not accept it', async () => {
    const detail = 'range.from: 2027-01-01 must not be after today, 2026-04-30.'
    const user = show({ preview: () => Promise.reject(new Problem('invalid_request', detail)) })
    await fillDates(user, '2027-01-01', '2027-12-31')
    expect((await within(preview()).findByRole('alert')).textContent).toBe(detail)
    expect(within(preview()).queryByRole('button')).toBeNull()
  })

  it('can be picked in a calendar, which Escape closes alone', async () => {
    const close = vi.fn()
    const user = show({ preview: () => Promise.resolve(outlook) }, close)
    await fillDates(user, '2025-03-01', '2025-03-02')
    const open = screen.getByRole('button', { name: 'Pick the dates in a calendar' })
    await user.click(open)
    await screen.findByLabelText('9 March 2025')
    await user.keyboard('{Escape}')
    expect(screen.queryByLabelText('9 March 2025')).toBeNull()
    expect(close).not.toHaveBeenCalled()
    await user.click(open)
    await user.click(await screen.findByLabelText('9 March 2025'))
    expect(screen.getByRole('textbox', { name: 'From' })).toHaveValue('1 March 2025')
    await user.click(screen.getByLabelText('20 March 2025'))
    expect(screen.getByRole('textbox', { name: 'From' })).toHaveValue('9 March 2025')
    expect(screen.getByRole('textbox', { name: 'To' })).toHaveValue('20 March 2025')
  })
})

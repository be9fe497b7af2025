import { notifications } from '@mantine/notifications'
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Link, Route } from 'wouter'
import type { Account, Api, Schedule } from '../api/client'
import { Problem, unreachable } from '../api/problem'
import { useMe } from '../api/queries'
import { renderAs } from '../testing/render'
import { Settings } from './Settings'

const workday = [{ from: '09:00', to: '18:00' }]

const acme: Account = {
  timeZone: 'Asia/Kolkata',
  businessHours: {
    monday: workday,
    tuesday: workday,
    wednesday: workday,
    thursday: workday,
    friday: workday,
    saturday: [],
    sunday: [],
  },
  holidays: ['2026-12-25'],
  nextWindows: [
    { from: '2026-11-23T12:30:00Z', to: '2026-11-24T03:30:00Z' },
    { from: '2026-11-24T12:30:00Z', to: '2026-11-25T03:30:00Z' },
    { from: '2026-11-25T12:30:00Z', to: '2026-11-26T03:30:00Z' },
    { from: '2026-11-26T12:30:00Z', to: '2026-11-27T03:30:00Z' },
  ],
}

const accept = (schedule: Schedule): Promise<Account> =>
  Promise.resolve({ ...schedule, nextWindows: acme.nextWindows.slice(1) })

async function open(calls: Partial<Api> = {}) {
  const putAccount = vi.fn(calls.putAccount ?? accept)
  renderAs(
    <>
      <Link href="/">Away</Link>
      <Route path="/settings">
        <Settings />
      </Route>
      <Route path="/">The grid</Route>
    </>,
    { account: () => Promise.resolve(acme), ...calls, putAccount },
  )
  await screen.findByRole('combobox', { name: 'Time zone' })
  return putAccount
}

const set = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } })
// Whether something hides a button is not asked: of a form as large as this one that takes long.
const press = (name: string) => userEvent.click(screen.getByRole('button', { name, hidden: true }))
const sent = (put: Awaited<ReturnType<typeof open>>) => put.mock.calls[0]?.[0]

beforeEach(() => {
  history.replaceState(null, '', '/settings')
  notifications.clean()
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-23T12:00:00Z') })
})
afterEach(() => vi.useRealTimers())

describe('business hours', () => {
  it('are shown by day, and a day without them says what that means', async () => {
    await open()
    expect(document.title).toBe('Account settings · Offhours')
    expect(screen.getByLabelText('Monday from 1')).toHaveValue('09:00')
    const sunday = within(screen.getByRole('group', { name: 'Sunday' }))
    expect(sunday.getByText('No business hours: the window is open all day')).toBeVisible()
  })

  it('are saved with what was changed alone', async () => {
    const put = await open()
    set('Monday from 1', '08:30')
    await press('Add hours on Saturday')
    await press('Remove hours 1 on Friday')
    await press('Save')
    expect(await screen.findByText('Business hours saved')).toBeVisible()
    expect(sent(put)).toEqual({
      timeZone: 'Asia/Kolkata',
      businessHours: {
        ...acme.businessHours,
        monday: [{ from: '08:30', to: '18:00' }],
        friday: [],
        saturday: workday,
      },
      holidays: ['2026-12-25'],
    })
  })

  it('are copied from Monday to the other weekdays, not to the weekend', async () => {
    const put = await open()
    set('Monday to 1', '17:00')
    await press('Copy to all weekdays')
    await press('Save')
    await screen.findByText('Business hours saved')
    const hours = sent(put)?.businessHours
    expect(hours?.friday).toEqual([{ from: '09:00', to: '17:00' }])
    expect(hours?.saturday).toEqual([])
  })

  it('may last until midnight, all day, or into the next day', async () => {
    const put = await open()
    set('Monday to 1', '00:00')
    expect(screen.getByText('Until midnight')).toBeVisible()
    set('Monday from 1', '00:00')
    expect(screen.getByText('The whole day')).toBeVisible()
    set('Friday from 1', '22:00')
    expect(screen.getByText('Until 18:00 on Saturday')).toBeVisible()
    await press('Save')
    await screen.findByText('Business hours saved')
    expect(sent(put)?.businessHours.monday).toEqual([{ from: '00:00', to: '24:00' }])
    expect(sent(put)?.businessHours.friday).toEqual([{ from: '22:00', to: '18:00' }])
  })

  it('that overlap are pointed out', async () => {
    await open()
    await press('Add hours on Monday')
    set('Monday from 2', '17:59')
    set('Monday to 2', '20:00')
    expect(screen.getByText('Overlaps with hours 1: together they are one block')).toBeVisible()
    set('Monday from 2', '18:00')
    expect(screen.queryByText(/Overlaps/)).not.toBeInTheDocument()
  })

  it.each([
    ['', 'Enter a time'],
    ['18:00', 'These hours end when they begin: a whole day is from 00:00 to 00:00'],
  ])('that cannot be (from %j to 18:00) are not sent, and get the focus', async (from, text) => {
    const put = await open()
    set('Tuesday from 1', from)
    await press('Save')
    expect(screen.getAllByText(text)[0]).toBeInTheDocument()
    expect(document.activeElement).toHaveAttribute('aria-invalid', 'true')
    expect(document.activeElement).toHaveAccessibleDescription(text)
    expect(put).not.toHaveBeenCalled()
  })

  it('that are refused stay in the form, with the reason', async () => {
    const detail = 'businessHours: leave no window in the next 7 days.'
    await open({ putAccount: () => Promise.reject(new Problem('invalid_request', detail)) })
    set('Monday from 1', '08:30')
    await press('Save')
    const alert = await screen.findByRole('alert')
    expect(alert).toHaveTextContent(detail)
    expect(alert).toHaveFocus()
    expect(screen.getByLabelText('Monday from 1')).toHaveValue('08:30')
    await press('Discard changes')
    expect(screen.queryByRole('alert')).not.toBeInTheDocument()
    expect(screen.getByLabelText('Monday from 1')).toHaveValue('09:00')
  })

  it('are saved once, however often one presses', async () => {
    const put = await open({ putAccount: () => new Promise(() => undefined) })
    set('Monday from 1', '08:30')
    await press('Save')
    await press('Save')
    expect(put).toHaveBeenCalledOnce()
  })

  it('that were changed while others are being saved are not lost, and can be saved next', async () => {
    let answer: (account: Account) => void = () => undefined
    const put = await open({ putAccount: () => new Promise((resolve) => (answer = resolve)) })
    set('Monday from 1', '08:30')
    await press('Save')
    set('Tuesday from 1', '07:00')
    const [schedule] = put.mock.lastCall ?? []
    if (schedule === undefined) throw new Error('nothing was sent')
    answer(await accept(schedule))
    await screen.findByText('Business hours saved')
    expect(screen.getByLabelText('Monday from 1')).toHaveValue('08:30')
    expect(screen.getByLabelText('Tuesday from 1')).toHaveValue('07:00')
    expect(screen.queryByText(/Somebody else/)).not.toBeInTheDocument()
    await press('Save')
    expect(put).toHaveBeenCalledTimes(2)
    expect(put.mock.lastCall?.[0].businessHours.tuesday).toEqual([{ from: '07:00', to: '18:00' }])
  })

  it('may be saved or not if no answer came', async () => {
    await open({ putAccount: () => Promise.reject(unreachable()) })
    set('Monday from 1', '08:30')
    await press('Save')
    const alert = await screen.findByRole('alert')
    expect(alert).toHaveTextContent('It is not certain whether the settings were saved')
    expect(alert).toHaveTextContent('The server does not answer. Check your connection, and try again.')
    expect(screen.getByLabelText('Monday from 1')).toHaveValue('08:30')
  })

  it('are answered though nothing else is', async () => {
    const Me = () => (useMe(), null)
    renderAs(
      <>
        <Me />
        <Settings />
      </>,
      {
        me: () => new Promise(() => undefined),
        account: () => Promise.resolve(acme),
        putAccount: () => Promise.reject(unreachable()),
      },
    )
    await screen.findByRole('combobox', { name: 'Time zone' })
    set('Monday from 1', '08:30')
    await press('Save')
    expect(await screen.findByRole('alert')).toBeInTheDocument()
  })

  it('are not sent if nothing was changed', async () => {
    const put = await open()
    fireEvent.submit(screen.getByRole('form', { name: 'Account settings' }))
    set('Monday from 1', '08:30')
    await press('Save')
    await screen.findByText('Business hours saved')
    expect(put).toHaveBeenCalledOnce()
  })
})

describe('the time zone', () => {
  it('is found by its city', async () => {
    const put = await open()
    await userEvent.click(screen.getByRole('combobox', { name: 'Time zone' }))
    await userEvent.clear(screen.getByRole('combobox', { name: 'Time zone' }))
    await userEvent.type(screen.getByRole('combobox', { name: 'Time zone' }), 'new york')
    await userEvent.click(await screen.findByRole('option', { name: 'America/New_York' }))
    await press('Save')
    await screen.findByText('Business hours saved')
    expect(sent(put)?.timeZone).toBe('America/New_York')
  })
})

describe('holidays', () => {
  it('are added in order, once, and removed', async () => {
    const put = await open()
    set('Holiday date', '2026-12-24')
    await press('Add holiday')
    set('Holiday date', '2026-12-25')
    await press('Add holiday')
    expect(screen.getByText('25 December 2026 is a holiday already')).toBeVisible()
    const list = within(screen.getByRole('list', { name: 'Holidays' }))
    expect(list.getAllByRole('listitem').map((item) => item.textContent)).toEqual([
      '24 December 2026 Thursday',
      '25 December 2026 Friday',
    ])
    await press('Remove holiday 25 December 2026')
    await press('Save')
    await screen.findByText('Business hours saved')
    expect(sent(put)?.holidays).toEqual(['2026-12-24'])
  })
})

describe('next windows', () => {
  const region = () => within(screen.getByRole('region', { name: 'Next windows' }))

  it('are the next three, in the account’s time', async () => {
    await open()
    expect(region().getAllByRole('listitem')).toHaveLength(3)
    expect(region().getByText('Mon 23 Nov 2026, 18:00 – Tue 24 Nov 2026, 09:00 (GMT+5:30)')).toBeVisible()
  })

  it('are those of the saved hours, and say so', async () => {
    await open()
    expect(region().queryByRole('note')).not.toBeInTheDocument()
    await press('Remove hours 1 on Monday')
    expect(region().getByRole('note')).toHaveTextContent('As saved: your changes are not in it yet.')
    await press('Save')
    await waitFor(() => expect(region().queryByRole('note')).not.toBeInTheDocument())
    expect(region().queryByText(/^Mon 23 Nov/)).not.toBeInTheDocument()
  })

  it('may have no end', async () => {
    const nextWindows = [{ from: '2026-11-23T12:30:00Z', to: '2027-11-24T12:30:00Z' }]
    await open({ account: () => Promise.resolve({ ...acme, nextWindows }) })
    expect(region().getByText('from Mon 23 Nov 2026, 18:00 on, without end (GMT+5:30)')).toBeVisible()
  })
})

describe('leaving', () => {
  const unload = () => {
    const event = new Event('beforeunload', { cancelable: true })
    act(() => void dispatchEvent(event))
    return event
  }

  it('needs no question while nothing is changed', async () => {
    await open()
    expect(unload().defaultPrevented).toBe(false)
    await userEvent.click(screen.getByRole('link', { name: 'Away' }))
    expect(await screen.findByText('The grid')).toBeVisible()
  })

  it('by a link is asked about, and can be taken back', async () => {
    await open()
    set('Monday from 1', '08:30')
    await userEvent.click(screen.getByRole('link', { name: 'Away' }))
    expect(await screen.findByRole('dialog', { name: 'Leave without saving?' })).toBeVisible()
    await press('Stay')
    expect(screen.getByLabelText('Monday from 1')).toHaveValue('08:30')

    await userEvent.click(screen.getByRole('link', { name: 'Away' }))
    await press('Leave without saving')
    expect(await screen.findByText('The grid')).toBeVisible()
  })

  it('by the back button is asked about', async () => {
    history.replaceState(null, '', '/')
    history.pushState(null, '', '/settings')
    await open()
    set('Monday from 1', '08:30')
    act(() => history.back())
    expect(await screen.findByRole('dialog', { name: 'Leave without saving?' })).toBeVisible()
    expect(location.pathname).toBe('/settings')
    expect(screen.getByLabelText('Monday from 1')).toHaveValue('08:30')
    await press('Leave without saving')
    expect(await screen.findByText('The grid')).toBeVisible()
  })

  it('by closing the tab is asked about by the browser', async () => {
    await open()
    set('Monday from 1', '08:30')
    expect(unload().defaultPrevented).toBe(true)
    await press('Save')
    await screen.findByText('Business hours saved')
    expect(unload().defaultPrevented).toBe(false)
  })
})

describe('what changes meanwhile', () => {
  it('does not take away what was typed, and is told', async () => {
    let hours = acme
    await open({ account: () => Promise.resolve(hours) })
    set('Monday from 1', '08:30')
    hours = { ...acme, holidays: [] }
    // The page looks again when one comes back to it.
    act(() => void dispatchEvent(new Event('visibilitychange')))
    expect(await screen.findByText(/Somebody else has changed these settings/)).toBeVisible()
    expect(screen.getByLabelText('Monday from 1')).toHaveValue('08:30')
    await press('Discard changes')
    expect(screen.getByText('No holidays')).toBeVisible()
    expect(screen.getByLabelText('Monday from 1')).toHaveValue('09:00')
  })
})

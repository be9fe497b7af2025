import { act, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import type { Api, CreateRequest } from '../api/client'
import { Problem } from '../api/problem'
import { renderAs } from '../testing/render'
import { CreateMenu } from './CreateMenu'
import { outlook, queued, types } from './samples'

const away = new Problem('unavailable', 'Please try again in a moment.')

function show(create: Api['create'], preview: Api['preview'] = () => Promise.resolve(outlook)) {
  renderAs(<CreateMenu />, { activityTypes: () => Promise.resolve(types), preview, create })
  return userEvent.setup()
}

type User = ReturnType<typeof userEvent.setup>

async function begin(user: User, item: string) {
  await user.click(screen.getByRole('button', { name: 'Create' }))
  await user.click(await screen.findByRole('menuitem', { name: item }))
  return screen.findByRole('dialog', { name: item })
}

async function choose(user: User, field: string | RegExp, option: string) {
  await user.click(screen.getByRole('combobox', { name: field }))
  await user.click(await screen.findByRole('option', { name: option }))
}

/** Fills in the form and goes on to Confirm, where the retention is confirmed. */
async function toConfirm(user: User, item: 'Export & Delete' | 'Delete Only', age = '30 days') {
  await begin(user, item)
  await choose(user, 'Activity Type', 'Document Collection')
  await choose(user, /older than/, age)
  return submit(user, item === 'Delete Only' ? 'Delete' : 'Export and Delete')
}

async function submit(user: User, button: string) {
  await screen.findByText('12,345')
  await user.click(screen.getByRole('button', { name: button }))
  const confirm = await screen.findByRole('dialog', { name: 'Confirm' })
  await user.click(within(confirm).getByRole('checkbox', { name: /statutory retention/ }))
  return confirm
}

describe('creating a request', () => {
  it('leads from the menu over form and confirmation to what happens next', async () => {
    const create = vi.fn(() => Promise.resolve(queued))
    const user = show(create)
    const form = await begin(user, 'Export & Delete')
    expect(within(form).getByRole('combobox', { name: 'Activity Type' })).toHaveFocus()
    await user.keyboard('{Escape}')
    expect(screen.getByRole('button', { name: 'Create' })).toHaveFocus()

    const confirm = await toConfirm(user, 'Export & Delete')
    expect(confirm).toHaveTextContent('12,345 activities, 678 attachments')
    expect(confirm).toHaveTextContent('All Activity field data')
    expect(confirm).toHaveTextContent('All Activity & CFS Attachments')
    expect(confirm).not.toHaveTextContent('cannot be undone')
    await user.click(within(confirm).getByRole('button', { name: 'Confirm' }))

    const done = await screen.findByRole('dialog', { name: 'Request In Progress' })
    expect(create).toHaveBeenCalledExactlyOnceWith(
      { activityType: 201, requestType: 'export_and_delete', range: { days: 30 }, confirmed: true },
      expect.stringMatching(/^[0-9a-f-]{36}$/),
    )
    expect(done).not.toHaveTextContent('The preview had counted')
    await user.click(within(done).getByRole('button', { name: 'Okay' }))
    expect(screen.queryByRole('dialog')).toBeNull()
    expect(screen.getByRole('button', { name: 'Create' })).toHaveFocus()
  })

  it('warns before Delete Only, and asks for the confirmation of retention', async () => {
    const create = vi.fn(() => Promise.resolve(queued))
    const user = show(create)
    const confirm = await toConfirm(user, 'Delete Only')
    expect(confirm).toHaveTextContent('nothing can be retrieved')
    expect(confirm).toHaveTextContent('Export & Delete is recommended')
    await user.click(within(confirm).getByRole('checkbox'))
    expect(within(confirm).getByRole('button', { name: 'Confirm' })).toBeDisabled()
    expect(create).not.toHaveBeenCalled()
  })

  it('goes back with everything that was filled in', async () => {
    const user = show(() => Promise.reject(away))
    await toConfirm(user, 'Export & Delete', '1 year')
    await user.click(screen.getByRole('button', { name: 'Back' }))
    const form = await screen.findByRole('dialog', { name: 'Export & Delete' })
    expect(within(form).getByRole('combobox', { name: 'Activity Type' })).toHaveValue('Document Collection')
    expect(within(form).getByRole('combobox', { name: /older than/ })).toHaveValue('1 year')
  })

  it('makes one request of a double click', async () => {
    const create = vi.fn(() => new Promise<typeof queued>(() => undefined))
    const user = show(create)
    const confirm = await toConfirm(user, 'Export & Delete')
    const button = within(confirm).getByRole('button', { name: 'Confirm' })
    act(() => {
      button.click()
      button.click() // before the button could be drawn as waiting
    })
    await waitFor(() => expect(create).toHaveBeenCalled())
    expect(create).toHaveBeenCalledOnce()
    await user.keyboard('{Escape}')
    expect(confirm).toBeVisible()
  })

  it('repeats a lost answer with the same key, and takes another one for another form', async () => {
    const create = vi.fn<(body: CreateRequest, key: string) => Promise<typeof queued>>(() => Promise.reject(away))
    const user = show(create)
    await toConfirm(user, 'Export & Delete')
    await user.click(screen.getByRole('button', { name: 'Confirm' }))
    expect(await screen.findByRole('alert')).toHaveTextContent(
      /Please try again in a moment.*not certain whether the request was created.*never created twice/,
    )
    const again = screen.getByRole('button', { name: 'Confirm again' })
    expect(again).toHaveFocus()
    await user.click(again)
    await user.click(screen.getByRole('button', { name: 'Back' }))
    await submit(user, 'Export and Delete')
    await user.click(screen.getByRole('button', { name: 'Confirm' }))
    await user.click(await screen.findByRole('button', { name: 'Back' }))
    await choose(user, /older than/, '60 days')
    await submit(user, 'Export and Delete')
    await user.click(screen.getByRole('button', { name: 'Confirm' }))
    const keys = create.mock.calls.map(([, key]) => key)
    expect(keys).toHaveLength(4)
    expect(new Set(keys.slice(0, 3)).size).toBe(1)
    expect(keys[3]).not.toBe(keys[0])
  })

  it('tells a refusal in its own words, and leads back to a form that counts anew', async () => {
    const detail = 'Another request for the same Activity Type already exists.'
    const preview = vi.fn(() => Promise.resolve(outlook))
    const user = show(() => Promise.reject(new Problem('duplicate_request', detail)), preview)
    await toConfirm(user, 'Export & Delete')
    await user.click(screen.getByRole('button', { name: 'Confirm' }))
    expect((await screen.findByRole('alert')).textContent).toBe(detail)
    expect(screen.queryByRole('button', { name: /Confirm/ })).toBeNull()
    expect(screen.getByRole('button', { name: 'Back' })).toHaveFocus()
    preview.mockImplementation(() =>
      Promise.resolve({ ...outlook, refusal: { code: 'duplicate_request' as const, detail } }),
    )
    await user.click(screen.getByRole('button', { name: 'Back' }))
    expect((await screen.findByRole('alert')).textContent).toBe(detail)
    expect(screen.getByRole('button', { name: 'Export and Delete' })).toBeDisabled()
  })

  it('says so when the creation counted something else than the preview', async () => {
    const user = show(() => Promise.resolve({ ...queued, records: 12_346 }))
    await toConfirm(user, 'Export & Delete')
    await user.click(screen.getByRole('button', { name: 'Confirm' }))
    const done = await screen.findByRole('dialog', { name: 'Request In Progress' })
    expect(done).toHaveTextContent('12,346 activities of Document Collection')
    expect(done).toHaveTextContent('The preview had counted 12,345 activities')
  })
})

import { screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import type { Preview, Request } from '../api/client'
import { renderAs } from '../testing/render'
import { CreateMenu } from './CreateMenu'

const types = [
  { code: 201, name: 'Document Collection' },
  { code: 202, name: 'Site Visit' },
]

const outlook: Preview = {
  selection: { before: '2026-03-31T18:30:00Z', after: null, until: null },
  records: 12_345,
  recordsBefore: 12_345,
  recordsAfter: 0,
  attachments: 678,
  earliestStart: '2026-04-30T12:30:00Z',
  refusal: null,
}

const queued: Request = {
  id: '6f1d0d6e-1f5c-4f0e-9d50-94b2c2f7a001',
  activityType: 201,
  entityName: 'Document Collection',
  requestType: 'export_and_delete',
  range: { days: 30 },
  selection: { before: '2026-03-31T18:30:00Z', after: null, until: null },
  status: 'in_queue',
  statusDetail: '',
  records: 12_345,
  outcomes: { deleted: 0, keptChanged: 0, keptAttachment: 0, alreadyGone: 0, failed: 0, notProcessed: 0 },
  progress: { phase: '', exported: 0, verified: 0, deleted: 0, expectedEnd: null, pausedUntil: null },
  createdBy: 'ada@acme.example',
  createdOn: '2026-04-30T06:30:00Z',
  startsAt: '2026-04-30T12:30:00Z',
  startedOn: null,
  completedOn: null,
  revokedBy: null,
  downloadUntil: null,
  daysLeft: null,
  failure: null,
}

describe('creating a request', () => {
  it('leads from the menu over form and confirmation to what happens next', async () => {
    const user = userEvent.setup()
    const create = vi.fn(() => Promise.resolve(queued))
    renderAs(<CreateMenu />, {
      activityTypes: () => Promise.resolve(types),
      preview: () => Promise.resolve(outlook),
      create,
    })
    await user.click(screen.getByRole('button', { name: 'Create' }))
    await user.click(await screen.findByRole('menuitem', { name: 'Export & Delete' }))
    const form = await screen.findByRole('dialog', { name: 'Export & Delete' })
    await user.click(within(form).getByRole('combobox', { name: 'Activity Type' }))
    await user.click(await screen.findByRole('option', { name: 'Document Collection' }))
    await user.click(within(form).getByRole('combobox', { name: /older than/ }))
    await user.click(await screen.findByRole('option', { name: '30 days' }))
    const preview = within(form).getByRole('region', { name: 'Preview' })
    expect(await within(preview).findByText('12,345')).toBeVisible()
    expect(preview).toHaveTextContent('All activities modified before 1 April 2026 00:00 (GMT+5:30)')
    await user.click(within(form).getByRole('button', { name: 'Export and Delete' }))

    const confirm = await screen.findByRole('dialog', { name: 'Confirm' })
    expect(within(confirm).getByRole('button', { name: 'Confirm' })).toBeDisabled()
    await user.click(within(confirm).getByRole('checkbox'))
    await user.click(within(confirm).getByRole('button', { name: 'Confirm' }))

    const done = await screen.findByRole('dialog', { name: 'Request In Progress' })
    expect(create).toHaveBeenCalledExactlyOnceWith(
      { activityType: 201, requestType: 'export_and_delete', range: { days: 30 }, confirmed: true },
      expect.stringMatching(/^[0-9a-f-]{36}$/),
    )
    await user.click(within(done).getByRole('button', { name: 'Okay' }))
    expect(screen.queryByRole('dialog')).toBeNull()
    expect(screen.getByRole('button', { name: 'Create' })).toHaveFocus()
  })
})

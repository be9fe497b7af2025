import { notifications } from '@mantine/notifications'
import { screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, expect, it, vi } from 'vitest'
import type { Api } from '../api/client'
import { Problem } from '../api/problem'
import { renderAs } from '../testing/render'
import { ended } from './example'
import { save } from './save'
import { useReport } from './useReport'

vi.mock('./save', () => ({ save: vi.fn() }))
beforeEach(() => {
  vi.mocked(save).mockReset()
  notifications.clean()
})

function Report() {
  const { download, busy } = useReport()
  return <button onClick={() => void download(ended)}>{busy ? 'Busy' : 'View Report'}</button>
}

async function view(download: Api['download']) {
  renderAs(<Report />, { download })
  await userEvent.click(screen.getByRole('button', { name: 'View Report' }))
}

it.each([
  ['attachment; filename=report-1.csv', 'report-1.csv'],
  ['attachment; filename="a \\"b\\".csv"', 'a "b".csv'],
  ['attachment', `report-${ended.id}.csv`],
])('is saved under the name of %s', async (disposition, name) => {
  await view(() => Promise.resolve(new Response('a,b', { headers: { 'Content-Disposition': disposition } })))
  expect(await screen.findByText('Report downloaded')).toBeVisible()
  expect(vi.mocked(save).mock.calls[0]?.[0]).toBe(name)
})

it('that cannot be had is told with the reason, and can be asked for again', async () => {
  const detail = 'The report can be viewed when the request has ended.'
  await view(() => Promise.reject(new Problem('not_ready', detail)))
  expect(await screen.findByText(detail)).toBeVisible()
  expect(save).not.toHaveBeenCalled()
  expect(screen.getByRole('button', { name: 'View Report' })).toBeEnabled()
})

it('that breaks off is not saved', async () => {
  await view(() =>
    Promise.resolve(new Response(new ReadableStream({ start: (s) => s.error(new TypeError('network')) }))),
  )
  expect(await screen.findByText('The report was not downloaded')).toBeVisible()
  expect(screen.getByText(/The server does not answer/)).toBeVisible()
  expect(save).not.toHaveBeenCalled()
})

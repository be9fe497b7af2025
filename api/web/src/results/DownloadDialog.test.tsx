import { notifications } from '@mantine/notifications'
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Api } from '../api/client'
import { Problem } from '../api/problem'
import { renderAs } from '../testing/render'
import { DownloadDialog } from './DownloadDialog'
import { content, ended, files } from './example'
import { save } from './save'

vi.mock('./save', () => ({ save: vi.fn() }))

beforeEach(() => {
  vi.mocked(save).mockReset()
  notifications.clean()
})
afterEach(() => vi.useRealTimers())

const saved = () => vi.mocked(save).mock.calls.map(([name]) => name)
const button = (name: string) => screen.findByRole('button', { name })

type Download = Api['download']
const nameIn = (path: string) => decodeURIComponent(path.split('/').at(-1) ?? '')
const asListed: Download = (path) => Promise.resolve(new Response(content(nameIn(path))))

function open(calls: Partial<Api>, onClose = () => undefined) {
  renderAs(<DownloadDialog request={ended} opened onClose={onClose} />, {
    files: () => Promise.resolve(files),
    download: asListed,
    ...calls,
  })
}

describe('the dialog', () => {
  it('says how many days remain, and until when', async () => {
    open({})
    expect(
      await screen.findByText(/^12 days remain to download these files \(until 30 May 2026, .+\)\.$/),
    ).toBeVisible()
  })

  it('counts one day in the singular', async () => {
    open({ files: () => Promise.resolve({ ...files, daysLeft: 1 }) })
    expect(await screen.findByText(/^1 day remains to download/)).toBeVisible()
  })

  it('lists every file with its whole SHA-256', async () => {
    open({})
    const csv = within(await screen.findByRole('list', { name: 'CSV files' }))
    expect(csv.getAllByRole('listitem')).toHaveLength(2)
    expect(csv.getByText(`SHA-256 ${files.items[0]?.sha256 ?? 'none'}`)).toBeInTheDocument()
    expect(screen.getByRole('list', { name: 'Attachments' })).toBeInTheDocument()
    expect(screen.getByRole('list', { name: 'Manifest and delete lists' })).toBeInTheDocument()
  })

  it('offers no ZIP file where nothing was attached', async () => {
    open({ files: () => Promise.resolve({ ...files, items: files.items.filter((f) => f.kind !== 'attachment') }) })
    await button('Download')
    expect(screen.queryByRole('button', { name: 'Download attachments as ZIP' })).not.toBeInTheDocument()
  })
})

describe('downloading', () => {
  it('saves one file', async () => {
    open({})
    await userEvent.click(await button('Download records-0002.csv'))
    expect(await screen.findByText('Saved')).toBeVisible()
    expect(saved()).toEqual(['records-0002.csv'])
  })

  it('saves all CSV files, each on its own, and nothing else', async () => {
    open({})
    await userEvent.click(await button('Download'))
    expect(await screen.findByText('2 files downloaded and checked against the SHA-256')).toBeVisible()
    expect(saved()).toEqual(['records-0001.csv', 'records-0002.csv'])
  })

  it('does not save a file whose SHA-256 differs, says so, and goes on with the others', async () => {
    open({
      download: (path, signal) =>
        path.endsWith('0001.csv')
          ? Promise.resolve(new Response(content('records-0001.csv').replace('content', 'CONTENT')))
          : asListed(path, signal),
    })
    await userEvent.click(await button('Download'))
    expect(await screen.findByText('1 file of 2 downloaded; the others were not saved')).toBeVisible()
    expect(screen.getByRole('alert')).toHaveTextContent('records-0001.csv was not saved: what arrived is not the file')
    expect(saved()).toEqual(['records-0002.csv'])
  })

  it('does not save a file that is longer than listed', async () => {
    open({ download: (path) => Promise.resolve(new Response(content(nameIn(path)) + '.')) })
    await userEvent.click(await button('Download records-0001.csv'))
    expect(await screen.findByRole('alert')).toHaveTextContent('records-0001.csv was not saved')
    expect(saved()).toEqual([])
  })

  it('waits as long as the API asks for, and goes on by itself', async () => {
    let calls = 0
    open({
      download: (path, signal) =>
        ++calls === 1 ? Promise.reject(new Problem('rate_limited', 'Too many calls.', 7)) : asListed(path, signal),
    })
    const download = await button('Download records-0001.csv')
    vi.useFakeTimers()
    fireEvent.click(download)
    await act(() => vi.advanceTimersByTimeAsync(1))
    expect(screen.getByText('The server asks for patience: goes on in 7 s')).toBeVisible()
    await act(() => vi.advanceTimersByTimeAsync(6900))
    expect(calls).toBe(1)
    await act(() => vi.advanceTimersByTimeAsync(200))
    expect(calls).toBe(2)
    vi.useRealTimers()
    await waitFor(() => expect(saved()).toEqual(['records-0001.csv']))
  })

  it('stops in the middle, keeps what is saved, and can begin again', async () => {
    const never = new ReadableStream<Uint8Array>({
      start: (stream) => stream.enqueue(new TextEncoder().encode('content')),
    })
    let stuck = true
    open({
      download: (path, signal) => {
        if (!stuck || !path.endsWith('0002.csv')) return asListed(path, signal)
        const body = never.pipeThrough(new TransformStream(), signal === undefined ? {} : { signal })
        return Promise.resolve(new Response(body))
      },
    })
    await userEvent.click(await button('Download'))
    await screen.findByText('25 %')
    expect(screen.getByRole('progressbar', { name: 'Download progress' })).toBeInTheDocument()
    await userEvent.click(screen.getByRole('button', { name: 'Stop' }))
    expect(await screen.findByText('Stopped: 1 file of 2 downloaded')).toBeVisible()
    expect(saved()).toEqual(['records-0001.csv'])

    stuck = false
    await userEvent.click(await button('Download records-0002.csv'))
    await waitFor(() => expect(saved()).toEqual(['records-0001.csv', 'records-0002.csv']))
  })

  it('puts all attachments into one ZIP file', async () => {
    open({})
    await userEvent.click(await button('Download attachments as ZIP'))
    expect(await screen.findByText('Saved')).toBeVisible()
    expect(saved()).toEqual([`attachments-${ended.id}.zip`])
  })

  it('saves no ZIP file if one attachment is not the one that was exported', async () => {
    open({ download: (path) => Promise.resolve(new Response('x'.repeat(content(nameIn(path)).length))) })
    await userEvent.click(await button('Download attachments as ZIP'))
    expect(await screen.findByRole('alert')).toHaveTextContent('attachment-0001-00001.pdf was not saved')
    expect(saved()).toEqual([])
  })
})

describe('without files', () => {
  const expired = new Problem('export_expired', 'The files could be downloaded until 2026-05-30 09:00 UTC.')

  it('tells of the end of the 30 days, and that the report stays', async () => {
    open({
      files: () => Promise.reject(expired),
      download: () =>
        Promise.resolve(new Response('a,b', { headers: { 'Content-Disposition': 'attachment; filename=r.csv' } })),
    })
    expect(await screen.findByText(expired.detail)).toBeVisible()
    await userEvent.click(screen.getByRole('button', { name: 'View Report' }))
    expect(await screen.findByText('Report downloaded')).toBeVisible()
    expect(saved()).toEqual(['r.csv'])
  })

  it('withdraws its offer when the files expire while it is open', async () => {
    let over = false
    open({
      files: () => (over ? Promise.reject(expired) : Promise.resolve(files)),
      download: () => Promise.reject(expired),
    })
    const download = await button('Download')
    over = true
    await userEvent.click(download)
    expect(await screen.findByRole('button', { name: 'View Report' })).toBeVisible()
    expect(screen.queryByRole('button', { name: 'Download' })).not.toBeInTheDocument()
    expect(saved()).toEqual([])
  })

  it.each([
    ['not_found', 'There is no such request.'],
    ['not_ready', 'A Delete Only request keeps no files.'],
  ] as const)('says why: %s', async (code, detail) => {
    open({ files: () => Promise.reject(new Problem(code, detail)) })
    expect(await screen.findByText(detail)).toBeVisible()
    expect(screen.queryByRole('button', { name: 'Try again' })).not.toBeInTheDocument()
  })

  it('asks again while the API is away', async () => {
    let away = true
    open({
      files: () => (away ? Promise.reject(new Problem('unavailable', 'Please try again.')) : Promise.resolve(files)),
    })
    const again = await button('Try again')
    away = false
    await userEvent.click(again)
    expect(await button('Download')).toBeVisible()
  })
})

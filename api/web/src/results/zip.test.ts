import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { content, fileOf } from './example'
import { save } from './save'
import { saveZip, zipTarget } from './zip'

vi.mock('./save', () => ({ save: vi.fn() }))
beforeEach(() => vi.mocked(save).mockReset())
afterEach(() => vi.unstubAllGlobals())

const handle = (disk: WritableStream): FileSystemFileHandle => {
  const made: Partial<FileSystemFileHandle> = {
    createWritable: () => Promise.resolve(disk as FileSystemWritableFileStream),
  }
  return made as FileSystemFileHandle
}

/** A browser that can write to the disk. */
const withPicker = (pick: () => Promise<unknown>) => {
  const picker = vi.fn(pick)
  vi.stubGlobal('showSaveFilePicker', picker)
  return picker
}

const large = 300_000_000
const files = [fileOf('a.pdf', 'attachment'), fileOf('b.png', 'attachment')]
const bytesOf = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0))
const fetchOne = (file: { name: string }) => Promise.resolve(bytesOf(content(file.name)))
const never = new AbortController().signal

describe('a large ZIP file', () => {
  it('goes to the disk that the user chooses', async () => {
    const chosen = handle(new WritableStream())
    const picker = withPicker(() => Promise.resolve(chosen))
    expect(await zipTarget('a.zip', large)).toEqual({ name: 'a.zip', disk: chosen })
    expect(picker).toHaveBeenCalledWith({ suggestedName: 'a.zip' })
  })

  it('is not made if the user changes their mind', async () => {
    withPicker(() => Promise.reject(new DOMException('', 'AbortError')))
    expect(await zipTarget('a.zip', large)).toBeNull()
  })

  it('goes through memory where the browser cannot or must not write to the disk', async () => {
    expect(await zipTarget('a.zip', large)).toEqual({ name: 'a.zip', disk: null })
    withPicker(() => Promise.reject(new DOMException('', 'SecurityError')))
    expect(await zipTarget('a.zip', large)).toEqual({ name: 'a.zip', disk: null })
  })

  it('is written file by file', async () => {
    let bytes = 0
    let closed = false
    const disk = new WritableStream<Uint8Array>({
      write: (chunk) => void (bytes += chunk.length),
      close: () => void (closed = true),
    })
    await saveZip(files, fetchOne, { name: 'a.zip', disk: handle(disk) }, never)
    expect(closed).toBe(true)
    expect(bytes).toBeGreaterThan(content('a.pdf').length + content('b.png').length)
    expect(save).not.toHaveBeenCalled()
  })

  it('leaves nothing on the disk if a file fails', async () => {
    const broken = new Error('not the file that was exported')
    let [closed, given] = [false, false]
    const disk = new WritableStream({ close: () => void (closed = true), abort: () => void (given = true) })
    const second = (file: { name: string }) => (file.name === 'b.png' ? Promise.reject(broken) : fetchOne(file))
    await expect(saveZip(files, second, { name: 'a.zip', disk: handle(disk) }, never)).rejects.toBe(broken)
    expect([closed, given]).toEqual([false, true])
  })
})

it('a small ZIP file is a download like any other', async () => {
  const picker = withPicker(() => Promise.reject(new Error('not to be asked')))
  const target = await zipTarget('a.zip', 1000)
  expect(target).toEqual({ name: 'a.zip', disk: null })
  expect(picker).not.toHaveBeenCalled()
  await saveZip(files, fetchOne, { name: 'a.zip', disk: null }, never)
  expect(save).toHaveBeenCalledOnce()
})

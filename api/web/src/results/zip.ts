import type { ExportFile } from '../api/client'
import { save } from './save'

/** Where a ZIP file goes: straight to the disk, or through memory to the downloads. */
export interface ZipTarget {
  name: string
  disk: FileSystemFileHandle | null
}

/** More than this is not held in memory where the browser can write to the disk. */
const memory = 256_000_000

interface SavePicker {
  showSaveFilePicker: (options: { suggestedName: string }) => Promise<FileSystemFileHandle>
}

const hasSavePicker = (w: object): w is SavePicker => 'showSaveFilePicker' in w

/** Asks where to save a large ZIP file. To be called on a click. Null if the user changed their mind. */
export async function zipTarget(name: string, bytes: number): Promise<ZipTarget | null> {
  if (bytes <= memory || !hasSavePicker(window)) return { name, disk: null }
  try {
    return { name, disk: await window.showSaveFilePicker({ suggestedName: name }) }
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return null
    return { name, disk: null } // the browser has it, and does not allow it
  }
}

/** Saves files in a ZIP file as they are fetched. If one cannot be fetched, nothing is saved. */
export async function saveZip(
  files: readonly ExportFile[],
  fetchOne: (file: ExportFile) => Promise<Uint8Array<ArrayBuffer>>,
  target: ZipTarget,
  signal: AbortSignal,
) {
  const { makeZip } = await import('client-zip')
  let failure: unknown = null
  const fetched = async function* () {
    for (const file of files) {
      const input = await fetchOne(file).catch((error: unknown) => {
        failure = error // a browser may tell of a failed stream alone
        throw error
      })
      yield { name: file.name, input, size: file.bytes }
    }
  }
  try {
    const zip = makeZip(fetched())
    if (target.disk === null) save(target.name, await new Response(zip).blob())
    else await zip.pipeTo(await target.disk.createWritable(), { signal })
  } catch (error) {
    throw failure ?? error
  }
}

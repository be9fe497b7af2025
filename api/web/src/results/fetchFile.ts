import { Problem, unreachable } from '../api/problem'
import type { Api, ExportFile } from '../api/client'
import { sha256Of } from './digest'

/** What arrived is not the file that the API lists. It must not be saved: it would pass for the only copy. */
export class Mismatch extends Error {
  override name = 'Mismatch'

  constructor(file: string) {
    super(
      `${file} was not saved: what arrived is not the file that was exported, its SHA-256 differs. ` +
        'Please try again; if this happens again, tell whoever runs Offhours for you.',
    )
  }
}

/** What a fetch tells while it is under way. */
export interface Watcher {
  signal: AbortSignal
  /** How many bytes have arrived; less than before if the file is fetched anew. */
  onBytes: (bytes: number) => void
  /** How long the API is left alone before it is asked again, in milliseconds; 0 when it is asked. */
  onWait: (milliseconds: number) => void
}

const maxFailures = 4 // in a row, of calls that may pass in a moment
const firstWait = 1000 // doubles with each failure

/** Fetches a file of an export, and throws a Mismatch unless it is the one that the API lists. */
export async function fetchFile(api: Api, requestId: string, file: ExportFile, watcher: Watcher) {
  const path = `/api/v1/requests/${requestId}/files/${encodeURIComponent(file.name)}` as const
  let failures = 0
  for (;;) {
    try {
      const response = await api.download(path, watcher.signal)
      const bytes = await readBody(response, file, watcher)
      if ((await sha256Of(bytes)) !== file.sha256.toLowerCase()) throw new Mismatch(file.name)
      return bytes
    } catch (error) {
      if (!(error instanceof Problem) || !error.passing) throw error
      // Being asked to slow down is no failure: thousands of attachments are fetched in the pace of the API.
      if (error.code !== 'rate_limited' && ++failures > maxFailures) throw error
      const wait = error.retryAfter === null ? firstWait * 2 ** (failures - 1) : error.retryAfter * 1000
      watcher.onWait(wait)
      await pause(wait, watcher.signal)
      watcher.onWait(0)
    }
  }
}

async function readBody(response: Response, file: ExportFile, { signal, onBytes }: Watcher) {
  const bytes = new Uint8Array(file.bytes)
  const reader = response.body?.getReader()
  let length = 0
  for (;;) {
    const chunk = await reader?.read().catch((error: unknown) => {
      throw signal.aborted ? error : unreachable() // the connection broke
    })
    if (chunk?.value === undefined) break
    if (length + chunk.value.length > bytes.length) throw new Mismatch(file.name)
    bytes.set(chunk.value, length)
    length += chunk.value.length
    onBytes(length)
  }
  if (length < bytes.length) throw unreachable()
  return bytes
}

/** Waits, and throws what the signal was aborted with if it is. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopped = () => {
      clearTimeout(timer)
      reject(reasonOf(signal))
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stopped)
      resolve()
    }, milliseconds)
    if (signal.aborted) stopped()
    else signal.addEventListener('abort', stopped, { once: true })
  })
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('stopped')
}

import type { Api, ExportFile } from '../api/client'
import { Problem, sentenceOf } from '../api/problem'
import { counted } from '../time/format'
import { fetchFile, Mismatch, pause, type Watcher } from './fetchFile'
import { save } from './save'
import { saveZip, type ZipTarget } from './zip'

/** What became of a download that was asked for. */
export type Outcome =
  { step: 'queued' } | { step: 'fetching'; share: number } | { step: 'saved' } | { step: 'failed'; sentence: string }

/** All that was asked for since the downloads last stood still. */
export interface Batch {
  files: number
  bytes: number
  fetchedFiles: number
  fetchedBytes: number
  saved: number
  /** The file that is being fetched. */
  current: { name: string; bytes: number } | null
  /** When the API is asked again that asked for patience: milliseconds since 1970, or null. */
  resumesAt: number | null
}

export interface State {
  files: ReadonlyMap<string, Outcome>
  zip: Outcome | null
  /** Null while nothing is under way. */
  batch: Batch | null
  /** One sentence on what happened last. */
  message: string
}

interface Task {
  files: ExportFile[]
  mark: (outcome: Outcome | null) => void
  work: (signal: AbortSignal) => Promise<void>
}

const none: Batch = {
  files: 0,
  bytes: 0,
  fetchedFiles: 0,
  fetchedBytes: 0,
  saved: 0,
  current: null,
  resumesAt: null,
}

/** Browsers drop downloads that a page starts faster than a person would. */
const betweenSaves = 150

const bytesOf = (files: readonly ExportFile[]) => files.reduce((sum, file) => sum + file.bytes, 0)

/** Downloads files of a request, one after the other, in the order in which they were asked for. */
export class Downloads {
  #state: State = { files: new Map(), zip: null, batch: null, message: '' }
  #tasks: Task[] = []
  #running: AbortController | null = null
  #listeners = new Set<() => void>()

  constructor(
    private readonly api: Api,
    private readonly requestId: string,
    /** Told when the API refuses a file for good. */
    private readonly refused: (problem: Problem) => void,
  ) {}

  readonly state = (): State => this.#state

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Saves each file on its own. Those on their way already are not asked for again. */
  add(files: readonly ExportFile[]) {
    for (const file of files.filter((f) => !underway(this.#state.files.get(f.name)))) {
      this.#queue({
        files: [file],
        mark: (outcome) => this.#mark(file.name, outcome),
        work: async (signal) => {
          const bytes = await this.#fetch(file, signal)
          save(file.name, new Blob([bytes], { type: 'application/octet-stream' }))
          await pause(betweenSaves, signal).catch(() => undefined) // stopped, but saved
        },
      })
    }
  }

  /** Saves the files in one ZIP file. */
  addZip(files: ExportFile[], target: ZipTarget) {
    if (underway(this.#state.zip)) return
    this.#queue({
      files,
      mark: (zip) => this.#set({ zip }),
      work: (signal) => saveZip(files, (file) => this.#fetch(file, signal), target, signal),
    })
  }

  /** Gives up what is not saved yet. */
  stop() {
    this.#running?.abort()
  }

  #queue(task: Task) {
    const batch = this.#state.batch ?? none
    const files = batch.files + task.files.length
    task.mark({ step: 'queued' })
    this.#set({
      batch: { ...batch, files, bytes: batch.bytes + bytesOf(task.files) },
      message: `Downloading ${counted(files, 'file', 'files')}`,
    })
    this.#tasks.push(task)
    if (this.#running === null) void this.#run()
  }

  async #run() {
    const running = (this.#running = new AbortController())
    const { signal } = running
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      if (signal.aborted) task.mark(null)
      else await this.#do(task, signal)
    }
    this.#running = null
    this.#set({ batch: null, message: endOf(this.#state.batch ?? none, signal.aborted) })
  }

  async #do(task: Task, signal: AbortSignal) {
    const before = this.#state.batch ?? none
    task.mark({ step: 'fetching', share: 0 })
    try {
      await task.work(signal)
      this.#progress({ saved: before.saved + task.files.length })
      task.mark({ step: 'saved' })
    } catch (error) {
      task.mark(signal.aborted ? null : { step: 'failed', sentence: failureOf(error) })
      if (error instanceof Problem && !error.passing) this.refused(error)
    }
    this.#progress({
      fetchedFiles: before.fetchedFiles + task.files.length,
      fetchedBytes: before.fetchedBytes + bytesOf(task.files),
      current: null,
      resumesAt: null,
    })
  }

  async #fetch(file: ExportFile, signal: AbortSignal) {
    let shown = 0
    const watcher: Watcher = {
      signal,
      onBytes: (bytes) => {
        // A hundred steps a file are smooth, and spare the page thousands of renderings.
        if (bytes < file.bytes && Math.abs(bytes - shown) * 100 < file.bytes) return
        shown = bytes
        this.#progress({ current: { name: file.name, bytes } })
        if (this.#state.files.get(file.name)?.step === 'fetching') {
          this.#mark(file.name, { step: 'fetching', share: bytes / file.bytes })
        }
      },
      onWait: (milliseconds) => this.#progress({ resumesAt: milliseconds === 0 ? null : Date.now() + milliseconds }),
    }
    this.#progress({ current: { name: file.name, bytes: 0 } })
    const bytes = await fetchFile(this.api, this.requestId, file, watcher)
    const batch = this.#state.batch ?? none
    this.#progress({
      fetchedFiles: batch.fetchedFiles + 1,
      fetchedBytes: batch.fetchedBytes + file.bytes,
      current: null,
    })
    return bytes
  }

  #progress(change: Partial<Batch>) {
    this.#set({ batch: { ...(this.#state.batch ?? none), ...change } })
  }

  #mark(name: string, outcome: Outcome | null) {
    const files = new Map(this.#state.files)
    if (outcome === null) files.delete(name)
    else files.set(name, outcome)
    this.#set({ files })
  }

  #set(change: Partial<State>) {
    this.#state = { ...this.#state, ...change }
    this.#listeners.forEach((listener) => listener())
  }
}

export const underway = (outcome: Outcome | null | undefined) =>
  outcome?.step === 'queued' || outcome?.step === 'fetching'

function failureOf(error: unknown): string {
  return error instanceof Mismatch ? error.message : sentenceOf(error)
}

function endOf({ saved, files }: Batch, stopped: boolean): string {
  if (saved === files) return `${counted(files, 'file', 'files')} downloaded and checked against the SHA-256`
  const some = `${counted(saved, 'file', 'files')} of ${files} downloaded`
  return stopped ? `Stopped: ${some}` : `${some}; the others were not saved`
}

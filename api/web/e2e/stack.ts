import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { roster } from './accounts'
import { executablePath } from './browser'
import { bin, run } from './programs'

const ready = 120_000

/** Starts the real stack for all tests, with all their accounts. Playwright calls what it returns after the last one. */
export default async function startStack(): Promise<() => Promise<void>> {
  if (!existsSync(executablePath)) {
    throw new Error(`${executablePath} is missing: apt-get install chromium, or set CHROMIUM to another one`)
  }
  const folder = mkdtempSync(join(tmpdir(), 'offhours-page-'))
  chmodSync(folder, 0o755) // PostgreSQL runs as another user than root
  const accounts = join(folder, 'accounts.json')
  writeFileSync(accounts, JSON.stringify({ accounts: roster(new Date()) }))

  const devstack = launch(folder, accounts)
  const stop = async () => {
    if (devstack.exitCode === null && devstack.signalCode === null) {
      devstack.kill('SIGTERM')
      await once(devstack, 'exit')
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    Object.assign(process.env, await environment(devstack, folder)) // the tests inherit it
    process.env.OFFHOURS_E2E_FOLDER = folder
    await run('load', 'accounts', accounts)
  } catch (error) {
    await stop()
    throw error
  }
  return stop
}

function launch(folder: string, accounts: string): ChildProcess {
  const log = openSync(join(folder, 'devstack.out'), 'w')
  const ports = ['api', 'temporal', 'ui', 'postgres', 'oidc', 'login'].flatMap((name) => [`--${name}-port`, '0'])
  return spawn(
    join(bin, 'devstack'),
    ['--dir', join(folder, 'stack'), '--bin', bin, '--accounts', accounts, '--env-file', join(folder, 'env')].concat(
      ['--only', 'temporal,postgres,oidc,api,worker', '--grace', '1s', '--fast-unsafe-postgres'],
      ports,
    ),
    { stdio: ['ignore', log, log] },
  )
}

/** Waits until everything is ready, and returns where it is. */
async function environment(devstack: ChildProcess, folder: string): Promise<Record<string, string>> {
  const file = join(folder, 'env')
  let problem: string | null = null
  devstack.on('error', (error) => {
    problem = error.message
  })
  const until = Date.now() + ready
  while (!existsSync(file)) {
    if (devstack.exitCode !== null) problem ??= 'it ended'
    if (Date.now() > until) problem ??= 'it is not ready in time'
    if (problem !== null) {
      throw new Error(`devstack: ${problem}\n${readFileSync(join(folder, 'devstack.out'), 'utf8')}`)
    }
    await wait(100)
  }
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
}

import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Session } from '../signin/session'
import { createApi } from './client'
import { Problem } from './problem'

const json = (status: number, body: unknown) => Response.json(body, { status })
const refused = () => json(401, { code: 'unauthenticated', detail: 'Please sign in.' })
const created = { id: 'r' }

const fetched = vi.fn<(request: Request) => Promise<Response>>()
const signedOut = vi.fn()

function sessionWith(tokens: { now: string | null; other?: string | null }) {
  const forget = vi.fn(() => Promise.resolve())
  const session: Session = {
    token: () => Promise.resolve(tokens.now),
    anotherToken: () => Promise.resolve(tokens.other ?? null),
    signIn: () => Promise.resolve(),
    completeSignIn: () => Promise.resolve('/'),
    signOut: () => Promise.resolve(),
    onEnd: () => () => undefined,
    forget,
  }
  return { api: createApi(session, signedOut), forget }
}

const body = {
  activityType: 201,
  requestType: 'delete_only',
  range: { days: 30 },
  confirmed: true,
} as const

describe('a call', () => {
  beforeEach(() => {
    vi.stubGlobal('fetch', fetched)
    fetched.mockReset()
    signedOut.mockReset()
  })

  it('carries the token of the session', async () => {
    fetched.mockResolvedValueOnce(json(201, created))
    const { api } = sessionWith({ now: 'first' })
    expect(await api.create(body, 'key')).toEqual(created)
    expect(fetched.mock.calls[0]?.[0].headers.get('Authorization')).toBe('Bearer first')
  })

  it('is repeated whole with another token if the API refuses the first', async () => {
    const sent: unknown[] = []
    fetched.mockImplementation(async (request) => {
      sent.push([request.headers.get('Authorization'), request.headers.get('Idempotency-Key'), await request.json()])
      return sent.length === 1 ? refused() : json(201, created)
    })
    const { api, forget } = sessionWith({ now: 'first', other: 'second' })
    expect(await api.create(body, 'key')).toEqual(created)
    expect(sent).toEqual([
      ['Bearer first', 'key', body],
      ['Bearer second', 'key', body],
    ])
    expect(forget).not.toHaveBeenCalled()
    expect(signedOut).not.toHaveBeenCalled()
  })

  it('signs out if the other token is refused, too', async () => {
    fetched.mockImplementation(() => Promise.resolve(refused()))
    const { api, forget } = sessionWith({ now: 'first', other: 'second' })
    await expect(api.me()).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(fetched).toHaveBeenCalledTimes(2)
    expect(forget).toHaveBeenCalledOnce()
    expect(signedOut).toHaveBeenCalledOnce()
  })

  it('signs out if there is no other token', async () => {
    fetched.mockImplementation(() => Promise.resolve(refused()))
    const { api, forget } = sessionWith({ now: 'first' })
    await expect(api.me()).rejects.toBeInstanceOf(Problem)
    expect(fetched).toHaveBeenCalledOnce()
    expect(forget).toHaveBeenCalledOnce()
    expect(signedOut).toHaveBeenCalledOnce()
  })

  it('is not sent without a token', async () => {
    const { api } = sessionWith({ now: null })
    await expect(api.me()).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(fetched).not.toHaveBeenCalled()
    expect(signedOut).toHaveBeenCalledOnce()
  })

  it('that gets no answer says so, and that it was stopped if it was', async () => {
    fetched.mockRejectedValue(new TypeError('Failed to fetch'))
    const { api } = sessionWith({ now: 'first' })
    await expect(api.me()).rejects.toMatchObject({ code: 'unreachable', passing: true })

    const stopped = AbortSignal.abort()
    await expect(api.me(stopped)).rejects.not.toBeInstanceOf(Problem)
  })
})

import type { components } from './schema.gen'

export type Code = components['schemas']['Code']

/** A refusal of the API (RFC 9457), or that it could not be reached. */
export class Problem extends Error {
  override name = 'Problem'

  constructor(
    /** `unreachable` is the page's own: no answer came. */
    readonly code: Code | 'unreachable',
    /** A sentence for people. */
    readonly detail: string,
    /** Seconds after which asking again makes sense, if the API said so. */
    readonly retryAfter: number | null = null,
  ) {
    super(detail)
  }

  /** Whether the same call may be answered in a moment. */
  get passing(): boolean {
    return this.code === 'unreachable' || this.code === 'unavailable' || this.code === 'rate_limited'
  }
}

export const unreachable = () =>
  new Problem('unreachable', 'The server does not answer. Check your connection, and try again.')

/** Reads the problem of an answer that is not a success. */
export function problemOf(body: unknown, response: Response): Problem {
  const after = Number(response.headers.get('Retry-After') ?? NaN)
  const retryAfter = Number.isNaN(after) ? null : after
  if (isProblem(body)) return new Problem(body.code, body.detail, retryAfter)
  const text = `The server answered with status ${response.status}. Please try again in a few minutes.`
  return new Problem(response.status >= 500 ? 'unavailable' : 'internal', text, retryAfter)
}

function isProblem(body: unknown): body is components['schemas']['Problem'] {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body
}

/** Whether the call may have done its work all the same. Other problems are refusals: it did nothing. */
export const isUncertain = (error: unknown): boolean =>
  error instanceof Problem && ['unavailable', 'unreachable', 'internal'].includes(error.code)

/** What any failed call has to say to a person. */
export function sentenceOf(error: unknown): string {
  return error instanceof Problem ? error.detail : 'Something went wrong in this page. Please reload it.'
}

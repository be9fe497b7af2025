import { Problem, sentenceOf } from '../api/problem'

/** What became of a request that was not answered with success. */
export interface Fate {
  sentence: string
  advice: string | null
  /** Whether asking the same again is of no use. */
  final: boolean
}

const uncertain = 'It is not certain whether the request was created. Confirm again: it is never created twice.'

export function fateOf(error: unknown): Fate {
  if (!(error instanceof Problem)) return { sentence: sentenceOf(error), advice: uncertain, final: false }
  switch (error.code) {
    case 'unreachable':
      return { sentence: 'The server does not answer. Check your connection.', advice: uncertain, final: false }
    case 'unavailable':
    case 'internal':
      return { sentence: error.detail, advice: uncertain, final: false }
    case 'rate_limited':
      return { sentence: error.detail, advice: 'Nothing was created. Confirm again in a moment.', final: false }
    default:
      return { sentence: error.detail, advice: null, final: true }
  }
}

import { expect, it } from 'vitest'
import type { Request } from '../api/client'
import { ended } from '../results/example'
import { actionsOf, type Action } from './actions'

it.each<[string, Partial<Request>, Action[]]>([
  ['In Queue', { status: 'in_queue' }, ['details', 'revoke']],
  ['In Progress', { status: 'in_progress' }, ['details']],
  ['Success', { status: 'success' }, ['details', 'download', 'report']],
  ['Success, over 30 days ago', { status: 'success', daysLeft: 0 }, ['details', 'download', 'report']],
  ['Success of Delete Only', { status: 'success', downloadUntil: null, daysLeft: null }, ['details', 'report']],
  ['Failed after something was deleted', { status: 'failed' }, ['details', 'download', 'report']],
  ['Failed before', { status: 'failed', downloadUntil: null, daysLeft: null }, ['details', 'report']],
  ['Revoked', { status: 'revoked', downloadUntil: null, daysLeft: null }, ['details']],
])('a request that is %s offers what can be done', (_, change, actions) => {
  expect(actionsOf({ ...ended, ...change })).toEqual(actions)
})

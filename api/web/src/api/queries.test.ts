import { onlineManager } from '@tanstack/react-query'
import { afterEach, expect, it, vi } from 'vitest'
import { unreachable } from './problem'
import { newQueryClient } from './queries'

afterEach(() => onlineManager.setOnline(true))

it('a change that is asked for offline fails at once, and is not made later by itself', async () => {
  const client = newQueryClient()
  const change = vi.fn(() => Promise.reject(unreachable()))
  onlineManager.setOnline(false)
  const mutation = client.getMutationCache().build(client, { mutationFn: change })
  await expect(mutation.execute(undefined)).rejects.toThrow('The server does not answer')
  onlineManager.setOnline(true)
  await client.resumePausedMutations()
  expect(change).toHaveBeenCalledOnce()
})

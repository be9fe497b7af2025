import { createContext, use } from 'react'
import type { Me } from '../api/client'

export const MeContext = createContext<Me | null>(null)

/** The signed-in administrator and their account. Only inside of SignedIn. */
export function useAdmin(): Me {
  const me = use(MeContext)
  if (me === null) throw new Error('useAdmin outside of MeContext')
  return me
}

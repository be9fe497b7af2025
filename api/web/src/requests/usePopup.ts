import { useState } from 'react'
import type { Request } from '../api/client'

type Kind = 'revoke' | 'download'

/** The popup about one of the requests in view. */
export function usePopup(inView: readonly Request[]) {
  const [popup, setPopup] = useState<{ kind: Kind; request: Request; opened: boolean } | null>(null)
  return {
    opened: popup?.opened ?? false,
    // It is told of the request as it is now. While it fades away it still has one.
    shown: popup && { ...popup, request: inView.find(({ id }) => id === popup.request.id) ?? popup.request },
    open: (kind: Kind, request: Request) => setPopup({ kind, request, opened: true }),
    close: () => setPopup(popup && { ...popup, opened: false }),
  }
}

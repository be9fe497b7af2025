import { useEffect, useRef, useState } from 'react'
import { navigate } from 'wouter/use-browser-location'

/** Who wants to leave, and what they decide. */
export interface Leaving {
  asked: boolean
  stay: () => void
  leave: () => void
}

/** While armed, nobody leaves the view by a link, the browser's buttons or closing the tab without being asked. */
export function useLeaveGuard(armed: boolean): Leaving {
  const [go, setGo] = useState<(() => void) | null>(null)
  const leaving = useRef(false)

  useEffect(() => {
    if (!armed) return
    const here = location.href
    const ask = (onward: () => void) => setGo(() => onward)

    const onUnload = (event: BeforeUnloadEvent) => event.preventDefault()
    const onClick = (event: MouseEvent) => {
      const link = event.target instanceof Element ? event.target.closest('a') : null
      if (link === null || !leaves(link, event)) return
      event.preventDefault() // the router's links leave alone what is prevented
      ask(() => navigate(link.pathname + link.search))
    }
    const onPop = () => {
      if (leaving.current) return
      // It cannot be prevented. So it is undone before the router looks where it is: back leads there again.
      history.pushState(null, '', here)
      ask(() => history.back())
    }
    addEventListener('beforeunload', onUnload)
    addEventListener('popstate', onPop, { capture: true })
    document.addEventListener('click', onClick, { capture: true })
    return () => {
      removeEventListener('beforeunload', onUnload)
      removeEventListener('popstate', onPop, { capture: true })
      document.removeEventListener('click', onClick, { capture: true })
    }
  }, [armed])

  return {
    asked: go !== null,
    stay: () => setGo(null),
    leave: () => {
      leaving.current = true
      setGo(null)
      go?.()
    },
  }
}

/** Whether a click on a link replaces this view by another of the page. */
function leaves(link: HTMLAnchorElement, event: MouseEvent): boolean {
  const elsewhere = event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey
  return !elsewhere && link.target === '' && link.origin === location.origin && link.pathname !== location.pathname
}

import { useEffect, useRef } from 'react'

/**
 * Gives the focus back to what had it when a popup opened. Popups that are loaded when they are first needed come too
 * late to see that themselves. What opened it may be gone by then, or have been an address: the returned element, which
 * every view has, gets the focus then.
 */
export function useFocusBack<Always extends HTMLElement>(opened: boolean) {
  const always = useRef<Always>(null)
  useEffect(() => {
    if (!opened) return
    const opener = document.activeElement
    const otherwise = always.current
    return () => {
      const still = opener instanceof HTMLElement && opener !== document.body && opener.isConnected
      if (still) opener.focus()
      else otherwise?.focus()
    }
  }, [opened])
  return always
}

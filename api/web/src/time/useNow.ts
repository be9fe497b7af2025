import { useEffect, useState } from 'react'

/** The time, kept current: words such as "in 3 minutes" change while one looks at them. */
export function useNow(everyMilliseconds = 10_000): Date {
  const [now, setNow] = useState(() => new Date())
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), everyMilliseconds)
    return () => clearInterval(timer)
  }, [everyMilliseconds])
  return now
}

import { useMediaQuery } from '@mantine/hooks'

/** Whether the page is as narrow as a phone, where a dialog takes all of it. */
export const useNarrow = (): boolean => useMediaQuery('(max-width: 36em)', false, { getInitialValueInEffect: false })

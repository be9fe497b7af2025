import { useDocumentTitle } from '@mantine/hooks'

/** What the tab is called, and what a screen reader says first: where one is. */
export const useTitle = (view: string) => useDocumentTitle(`${view} · Offhours`)

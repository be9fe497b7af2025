import { Button, Collapse, Group, Stack } from '@mantine/core'
import { useId, useState } from 'react'
import { Filters } from './Filters'
import { SortBy } from './SortBy'
import { isFiltered, type View } from './view'

interface Props {
  view: View
  setView: (view: View) => void
  clearFilters: () => void
  creators: readonly string[]
  wide: boolean
}

/** Filters and, without columns, the order. On a narrow screen filters stay out of the way until they are wanted. */
export function Narrowing({ view, setView, clearFilters, creators, wide }: Props) {
  const [wanted, setWanted] = useState(isFiltered(view))
  const id = useId()
  if (wide) return <Filters view={view} setView={setView} clearFilters={clearFilters} creators={creators} />
  return (
    <Stack gap="sm">
      <Group align="flex-end" wrap="nowrap" gap="xs">
        <SortBy view={view} setView={setView} />
        <Button
          flex="none"
          variant="default"
          aria-expanded={wanted}
          aria-controls={id}
          onClick={() => setWanted(!wanted)}
        >
          Filters
        </Button>
      </Group>
      <Collapse expanded={wanted} id={id}>
        <Filters view={view} setView={setView} clearFilters={clearFilters} creators={creators} />
      </Collapse>
    </Stack>
  )
}

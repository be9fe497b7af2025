import { Group, NativeSelect, Pagination, Text } from '@mantine/core'
import { count } from '../time/format'
import { pageSizes, type View } from './view'
import classes from './Pages.module.css'

interface Props {
  view: View
  setView: (view: View) => void
  total: number
  wide: boolean
}

const directions = { first: 'First page', previous: 'Previous page', next: 'Next page', last: 'Last page' }

/** Where among all requests one is, and the way to the others. */
export function Pages({ view, setView, total, wide }: Props) {
  const { page, pageSize } = view
  const first = (page - 1) * pageSize + 1
  const last = Math.min(page * pageSize, total)
  const resize = (text: string) => {
    const size = pageSizes.find((n) => String(n) === text)
    // The first request that was in view stays in view.
    if (size !== undefined) setView({ ...view, pageSize: size, page: Math.ceil(first / size) })
  }
  return (
    <Group justify="space-between" mt="md">
      <Text size="sm" aria-live="polite">{`${count(first)}–${count(last)} of ${count(total)}`}</Text>
      <Group>
        <NativeSelect
          label="Rows per page"
          classNames={{ root: classes.size ?? '' }}
          data={pageSizes.map(String)}
          value={String(pageSize)}
          onChange={(event) => resize(event.currentTarget.value)}
        />
        {total > pageSize && (
          <Pagination
            component="nav"
            aria-label="Pages"
            total={Math.ceil(total / pageSize)}
            value={page}
            onChange={(next) => setView({ ...view, page: next })}
            siblings={wide ? 1 : 0}
            getItemProps={(item) => ({ 'aria-label': `Page ${item}` })}
            getControlProps={(control) => ({ 'aria-label': directions[control] })}
          />
        )}
      </Group>
    </Group>
  )
}

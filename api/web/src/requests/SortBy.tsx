import { NativeSelect } from '@mantine/core'
import { fields, fieldWords, isSort, type View } from './view'

const choices = fields.flatMap((field) => [
  { value: field, label: `${fieldWords[field]}, ascending` },
  { value: `-${field}`, label: `${fieldWords[field]}, descending` },
])

/** For requests that are shown without columns to sort by. */
export function SortBy({ view, setView }: { view: View; setView: (view: View) => void }) {
  const sort = (text: string) => {
    if (isSort(text)) setView({ ...view, sort: text, page: 1 })
  }
  return (
    <NativeSelect
      label="Sort by"
      flex={1}
      data={choices}
      value={view.sort}
      onChange={(event) => sort(event.currentTarget.value)}
    />
  )
}

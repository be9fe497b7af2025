import { Button, Select, SimpleGrid } from '@mantine/core'
import { IconFilterOff } from '@tabler/icons-react'
import { useActivityTypes } from '../api/queries'
import { filtered, isFiltered, type Filter, type View } from './view'
import { requestTypeWords, statusWords } from './words'
import classes from './Filters.module.css'

interface Props {
  view: View
  setView: (view: View) => void
  clearFilters: () => void
  /** E-mail addresses of all who have created requests of the account. */
  creators: readonly string[]
}

interface Choice {
  value: string
  label: string
}

const all: Choice = { value: '', label: 'All' }

const choicesOf = (words: Record<string, string>): Choice[] =>
  Object.entries(words).map(([value, label]) => ({ value, label }))

/** Which requests are looked at. */
export function Filters({ view, setView, clearFilters, creators }: Props) {
  const types = useActivityTypes()
  const choose = (filter: Filter, label: string, choices: Choice[]) => {
    const value = String(view[filter] ?? '')
    // The address may name what there is no request of, or not any more.
    const known = value === '' || choices.some((choice) => choice.value === value)
    return (
      <Select
        label={label}
        data={[all, ...choices, ...(known ? [] : [{ value, label: value }])]}
        value={value}
        allowDeselect={false}
        searchable={choices.length > 8}
        onChange={(chosen) => setView(filtered(view, filter, chosen === '' ? null : chosen))}
      />
    )
  }
  return (
    <div className={classes.filters}>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="sm" className={classes.choices}>
        {choose('status', 'Status', choicesOf(statusWords))}
        {choose(
          'activityType',
          'Activity Type',
          (types.data ?? []).map(({ code, name }) => ({ value: String(code), label: name })),
        )}
        {choose('requestType', 'Request Type', choicesOf(requestTypeWords))}
        {choose(
          'createdBy',
          'Created By',
          creators.map((email) => ({ value: email, label: email })),
        )}
      </SimpleGrid>
      {isFiltered(view) && (
        <Button variant="default" leftSection={<IconFilterOff size={16} aria-hidden />} onClick={clearFilters}>
          Clear filters
        </Button>
      )}
    </div>
  )
}

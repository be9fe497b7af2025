import { Alert, Button, Group, Loader, Select, Text } from '@mantine/core'
import type { ActivityType } from '../api/client'
import { sentenceOf } from '../api/problem'
import type { useActivityTypes } from '../api/queries'
import { within } from './within'

/** Picks one of the account's custom activity types. */
export function ActivityTypeField({
  types,
  value,
  onChange,
}: {
  types: ReturnType<typeof useActivityTypes>
  value: string | null
  onChange: (code: string | null) => void
}) {
  if (types.data === undefined && types.error !== null) {
    return (
      <Alert color="red" role="alert" title="The activity types could not be loaded">
        <Group justify="space-between">
          <Text size="sm">{sentenceOf(types.error)}</Text>
          <Button variant="default" size="xs" onClick={() => void types.refetch()}>
            Try again
          </Button>
        </Group>
      </Alert>
    )
  }
  const none = types.data?.length === 0
  return (
    <Select
      label="Activity Type"
      description={
        none
          ? 'This account has no custom activity types. Only activities of custom types can be exported or deleted.'
          : 'Only activities of custom types can be exported or deleted.'
      }
      placeholder={types.isPending ? 'Loading…' : none ? 'None' : 'Pick or search'}
      data={optionsOf(types.data ?? [])}
      value={value}
      onChange={onChange}
      searchable
      allowDeselect={false}
      checkIconPosition="right"
      nothingFoundMessage="No custom activity type has such a name"
      maxDropdownHeight={260}
      rightSection={types.isPending ? <Loader size={16} aria-label="Loading activity types" /> : undefined}
      data-autofocus
      openOnFocus={false}
      comboboxProps={within}
    />
  )
}

/** Types of the same name can only be told by their codes. */
function optionsOf(types: readonly ActivityType[]) {
  return types.map(({ code, name }) => {
    const unique = types.filter((type) => type.name === name).length === 1
    return { value: String(code), label: unique ? name : `${name} (${code})` }
  })
}

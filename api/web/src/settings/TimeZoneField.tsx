import { Select, type OptionsFilter } from '@mantine/core'
import { memo, useMemo } from 'react'
import { dateTime, zoneName } from '../time/format'
import { useNow } from '../time/useNow'
import { zonesWith } from './zones'

const plain = (text: string) => text.toLowerCase().replaceAll('_', ' ').trim()

/** Finds "New York", though the zone is called America/New_York. */
const filter: OptionsFilter = ({ options, search }) =>
  options.filter((option) => 'label' in option && plain(option.label).includes(plain(search)))

/** Has hundreds of names: they are not rendered anew for changes elsewhere in the form. */
export const TimeZoneField = memo(function TimeZoneField({
  value,
  onChange,
}: {
  value: string
  onChange: (zone: string) => void
}) {
  const zones = useMemo(() => zonesWith(value), [value])
  return (
    <Select
      label="Time zone"
      description={<ClockIn zone={value} />}
      data={zones}
      value={value}
      onChange={(zone) => {
        if (zone !== null) onChange(zone)
      }}
      searchable
      selectFirstOptionOnChange
      allowDeselect={false}
      filter={filter}
      comboboxProps={{ withinPortal: false }}
      // The list itself scrolls: it is what a combobox is known to control.
      withScrollArea={false}
      styles={{ options: { maxHeight: 260, overflowY: 'auto' } }}
      nothingFoundMessage="No such time zone"
      maw={420}
    />
  )
})

function ClockIn({ zone }: { zone: string }) {
  const now = useNow()
  return (
    <>
      It is {dateTime(now, zone)} there ({zoneName(now, zone)}).
    </>
  )
}

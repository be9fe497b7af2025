import { Select, type OptionsFilter } from '@mantine/core'
import { memo, useMemo } from 'react'
import { dateTime, zoneName } from '../time/format'
import { useNow } from '../time/useNow'
import { zonesWith } from './zones'

const plain = (text: string) => text.toLowerCase().replaceAll('_', ' ').trim()

/** Finds "New York", though the zone is called America/New_York. */
const filter: OptionsFilter = ({ options, search }) =>
  options.filter((option) => 'label' in option && plain(option.label).includes(plain(search)))

/** Hundreds of names: they are rendered while one chooses from them, and not for changes elsewhere in the form. */
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
      comboboxProps={{ keepMounted: false }}
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

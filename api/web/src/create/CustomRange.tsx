import { ActionIcon, Group, Popover, Stack, Text, TextInput } from '@mantine/core'
import { DatePicker } from '@mantine/dates'
import { IconCalendar } from '@tabler/icons-react'
import { useState } from 'react'
import { useAdmin } from '../app/me'
import { areReversed, dayIn, dayWords, parseDay } from './days'
import { within } from './within'

interface Dates {
  from: string
  to: string
}

/** The days whose activities stay, typed or picked. */
export function CustomRange({
  from,
  to,
  onChange,
  calendarOpened,
  onCalendar,
}: Dates & {
  onChange: (dates: Dates) => void
  calendarOpened: boolean
  onCalendar: (opened: boolean) => void
}) {
  const { account } = useAdmin()
  const [first, last] = [parseDay(from), parseDay(to)]
  const reversed = areReversed(from, to)

  return (
    <Stack gap="xs">
      <Group align="flex-start" gap="xs" wrap="nowrap">
        <DayInput
          label="From"
          text={from}
          error={reversed && 'Must not be after To'}
          onChange={(text) => onChange({ from: text, to })}
        />
        <DayInput label="To" text={to} error={reversed} onChange={(text) => onChange({ from, to: text })} />
        <Popover opened={calendarOpened} onChange={onCalendar} position="bottom-end" trapFocus returnFocus {...within}>
          <Popover.Target>
            <ActionIcon
              variant="default"
              size={36}
              mt={25}
              aria-label="Pick the dates in a calendar"
              onClick={() => onCalendar(!calendarOpened)}
            >
              <IconCalendar size={18} aria-hidden />
            </ActionIcon>
          </Popover.Target>
          <Popover.Dropdown aria-label="Calendar">
            <RangeCalendar
              value={reversed ? [null, null] : [first, last]}
              today={dayIn(account.timeZone, new Date())}
              onPick={(start, end) => {
                onChange({ from: dayWords(start), to: dayWords(end) })
                onCalendar(false)
              }}
            />
          </Popover.Dropdown>
        </Popover>
      </Group>
      <Text size="sm" c="dimmed">
        Activities modified between these dates stay, both days included. Everything older and everything newer goes.
        The days are those of {account.timeZone}.
      </Text>
    </Stack>
  )
}

function DayInput({
  label,
  text,
  error,
  onChange,
}: {
  label: string
  text: string
  error: string | boolean
  onChange: (text: string) => void
}) {
  const [left, setLeft] = useState(false)
  const day = parseDay(text)
  const unread = left && text.trim() !== '' && day === null
  return (
    <TextInput
      flex={1}
      label={label}
      placeholder="31 Dec 2025"
      autoComplete="off"
      value={text}
      onChange={(event) => {
        setLeft(false)
        onChange(event.currentTarget.value)
      }}
      onBlur={() => {
        setLeft(true)
        if (day !== null) onChange(dayWords(day))
      }}
      error={unread ? 'Write it as 2025-12-31 or 31 Dec 2025' : error}
    />
  )
}

/** Hands on a range only when both of its ends are picked: the fields never hold a half. */
function RangeCalendar({
  value,
  today,
  onPick,
}: {
  value: [string | null, string | null]
  today: string
  onPick: (start: string, end: string) => void
}) {
  const [picked, setPicked] = useState(value)
  return (
    <DatePicker
      type="range"
      allowSingleDateInRange
      value={picked}
      defaultDate={value[0] ?? today}
      onChange={(dates) => {
        setPicked(dates)
        if (dates[0] !== null && dates[1] !== null) onPick(dates[0], dates[1])
      }}
      hideOutsideDates
      weekendDays={[]} // red is for what goes wrong
      getDayProps={(day) => (day === today ? { 'aria-current': 'date', fw: 700 } : {})}
      ariaLabels={{ nextMonth: 'Next month', previousMonth: 'Previous month' }}
    />
  )
}

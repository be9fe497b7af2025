import { ActionIcon, Button, Group, Stack, Text, TextInput, Title } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useRef, useState } from 'react'
import { longDate } from '../time/format'

const noon = (date: string) => new Date(`${date}T12:00:00Z`)
const words = (date: string) => longDate(noon(date), 'UTC')
const weekday = (date: string) =>
  new Intl.DateTimeFormat('en-GB', { weekday: 'long', timeZone: 'UTC' }).format(noon(date))

/** Dates without business hours. */
export function Holidays({ dates, onChange }: { dates: readonly string[]; onChange: (dates: string[]) => void }) {
  const [date, setDate] = useState('')
  const [error, setError] = useState<string | null>(null)
  const input = useRef<HTMLInputElement>(null)
  const add = () => {
    if (date === '') setError('Enter a date')
    else if (dates.includes(date)) setError(`${words(date)} is a holiday already`)
    else {
      onChange([...dates, date].sort())
      setDate('')
      setError(null)
    }
    input.current?.focus()
  }
  const remove = (gone: string) => {
    onChange(dates.filter((d) => d !== gone))
    input.current?.focus() // the button that was pressed is gone
  }
  return (
    <Stack component="section" gap="xs" aria-labelledby="holidays">
      <div>
        <Title order={2} size="h4" id="holidays">
          Holidays
        </Title>
        <Text size="sm" c="dimmed">
          Business hours that would begin on these dates do not: the window stays open.
        </Text>
      </div>
      <Group align="start" gap="sm">
        <TextInput
          ref={input}
          type="date"
          label="Holiday date"
          value={date}
          error={error}
          onChange={(event) => {
            setDate(event.currentTarget.value)
            setError(null)
          }}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            event.preventDefault() // which would save the whole form
            add()
          }}
        />
        <Button variant="default" mt={25} leftSection={<IconPlus size={16} aria-hidden />} onClick={add}>
          Add holiday
        </Button>
      </Group>
      {dates.length === 0 ? (
        <Text size="sm" c="dimmed">
          No holidays
        </Text>
      ) : (
        <Stack component="ul" gap={4} p={0} m={0} maw={420} aria-label="Holidays">
          {dates.map((d) => (
            <Group component="li" key={d} justify="space-between" wrap="nowrap">
              <Text size="sm">
                {words(d)}{' '}
                <Text span inherit c="dimmed">
                  {weekday(d)}
                </Text>
              </Text>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Remove holiday ${words(d)}`}
                onClick={() => remove(d)}
              >
                <IconX size={18} aria-hidden />
              </ActionIcon>
            </Group>
          ))}
        </Stack>
      )}
    </Stack>
  )
}

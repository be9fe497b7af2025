import { ActionIcon, Button, Group, Stack, Text } from '@mantine/core'
import { TimeInput } from '@mantine/dates'
import { IconCopy, IconPlus, IconX } from '@tabler/icons-react'
import { useRef } from 'react'
import classes from './DayHours.module.css'
import { dayNames, givenEnd, noteOf, problemOf, shownEnd, type Block, type Day } from './hours'

/** What a new block is, so that something sensible stands there. */
const workday: Block = { from: '09:00', to: '18:00' }

/** The business hours that begin on a weekday. */
export function DayHours({
  day,
  blocks,
  onChange,
  copy,
  showProblems,
}: {
  day: Day
  blocks: readonly Block[]
  onChange: (blocks: Block[]) => void
  /** Copies these hours to the other weekdays, where that is offered. */
  copy?: () => void
  showProblems: boolean
}) {
  const name = dayNames[day]
  const add = useRef<HTMLButtonElement>(null)
  const change = (index: number, part: Partial<Block>) =>
    onChange(blocks.map((block, i) => (i === index ? { ...block, ...part } : block)))
  const remove = (index: number) => {
    onChange(blocks.filter((_, i) => i !== index))
    add.current?.focus() // the button that was pressed is gone
  }
  return (
    <fieldset className={classes.day}>
      <legend className={classes.name}>{name}</legend>
      <Stack gap="xs" className={classes.blocks}>
        {blocks.length === 0 && (
          <Text size="sm" c="dimmed" mt={8}>
            No business hours: the window is open all day
          </Text>
        )}
        {blocks.map((block, i) => (
          <BlockFields
            key={i}
            name={name}
            number={i + 1}
            block={block}
            note={noteOf(blocks, i, day)}
            problem={showProblems ? problemOf(block) : null}
            onChange={(part) => change(i, part)}
            remove={() => remove(i)}
          />
        ))}
      </Stack>
      <Group gap={4} className={classes.actions}>
        <Button
          ref={add}
          variant="subtle"
          size="compact-sm"
          leftSection={<IconPlus size={16} aria-hidden />}
          aria-label={`Add hours on ${name}`}
          onClick={() => onChange([...blocks, workday])}
        >
          Add hours
        </Button>
        {copy !== undefined && (
          <Button variant="subtle" size="compact-sm" leftSection={<IconCopy size={16} aria-hidden />} onClick={copy}>
            Copy to all weekdays
          </Button>
        )}
      </Group>
    </fieldset>
  )
}

function BlockFields({
  name,
  number,
  block,
  note,
  problem,
  onChange,
  remove,
}: {
  name: string
  number: number
  block: Block
  note: string | null
  problem: ReturnType<typeof problemOf>
  onChange: (part: Partial<Block>) => void
  remove: () => void
}) {
  // The text stands below both, where there is room for it; to the one that it is about it belongs all the same.
  const ends = (end: 'from' | 'to') =>
    problem?.end === end ? { error: problem.text, errorProps: { display: 'none' } } : {}
  return (
    <div>
      <Group gap="xs" wrap="nowrap" align="start">
        <TimeInput
          aria-label={`${name} from ${number}`}
          value={block.from}
          {...ends('from')}
          onChange={(event) => onChange({ from: event.currentTarget.value })}
        />
        <Text mt={6} aria-hidden>
          –
        </Text>
        <TimeInput
          aria-label={`${name} to ${number}`}
          value={shownEnd(block.to)}
          {...ends('to')}
          onChange={(event) => onChange({ to: givenEnd(event.currentTarget.value) })}
        />
        <ActionIcon
          variant="subtle"
          color="gray"
          size={36}
          aria-label={`Remove hours ${number} on ${name}`}
          onClick={remove}
        >
          <IconX size={18} aria-hidden />
        </ActionIcon>
      </Group>
      <Text size="xs" c={problem === null ? 'dimmed' : 'var(--mantine-color-error)'} mt={2}>
        {problem?.text ?? note}
      </Text>
    </div>
  )
}

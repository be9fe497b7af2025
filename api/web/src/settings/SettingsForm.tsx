import { Alert, Grid, Stack, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useCallback, useEffect, useRef, useState } from 'react'
import type { Account, Schedule } from '../api/client'
import { isUncertain, sentenceOf } from '../api/problem'
import { usePutAccount } from '../api/queries'
import { DayHours } from './DayHours'
import { Holidays } from './Holidays'
import { days, problemOf, same, scheduleOf, withBlocks, type Day } from './hours'
import { LeaveDialog } from './LeaveDialog'
import { NextWindows } from './NextWindows'
import { SaveBar } from './SaveBar'
import { TimeZoneField } from './TimeZoneField'
import { useLeaveGuard } from './useLeaveGuard'

const otherWeekdays: readonly Day[] = ['tuesday', 'wednesday', 'thursday', 'friday']

const hasProblems = (schedule: Schedule) =>
  days.some((day) => schedule.businessHours[day].some((block) => problemOf(block) !== null))

export function SettingsForm({ account }: { account: Account }) {
  const [base, setBase] = useState(account) // what the draft was made from
  const [draft, setDraft] = useState(() => scheduleOf(account))
  const [attempts, setAttempts] = useState(0) // to save
  const put = usePutAccount()
  const unsaved = !same(draft, base)
  const leaving = useLeaveGuard(unsaved)
  const form = useRef<HTMLFormElement>(null)
  const refusal = useRef<HTMLDivElement>(null)

  const begin = (from: Account) => {
    setBase(from)
    setDraft(scheduleOf(from))
    setAttempts(0)
  }
  const changed = !same(account, base)
  const apart = changed && unsaved && !same(account, draft)
  if (changed && !apart) begin(account)
  const changedElsewhere = apart && !put.isPending // what is being saved here is nobody else's

  useEffect(() => {
    if (put.error !== null) refusal.current?.focus()
  }, [put.error])

  const changeZone = useCallback((timeZone: string) => setDraft((d) => ({ ...d, timeZone })), [])
  const change = (part: Partial<Schedule>) => setDraft((d) => ({ ...d, ...part }))
  const changeHours = (to: readonly Day[], from: Day, blocks = draft.businessHours[from]) =>
    change({ businessHours: withBlocks(draft.businessHours, to, blocks) })

  const save = () => {
    if (put.isPending || !unsaved) return
    setAttempts(attempts + 1)
    if (hasProblems(draft)) return
    put.mutate(scheduleOf(draft), {
      onSuccess: (saved) => {
        setBase(saved)
        setDraft((now) => (same(now, draft) ? scheduleOf(saved) : now)) // what was changed meanwhile stays
        setAttempts(0)
        notifications.show({
          color: 'green',
          title: 'Business hours saved',
          message: 'Requests In Queue are planned anew. One In Progress pauses or goes on as these hours say.',
        })
      },
    })
  }
  const discard = () => {
    if (!unsaved) return
    put.reset()
    begin(account)
  }

  useEffect(() => {
    if (attempts > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [attempts])

  return (
    <form
      ref={form}
      noValidate
      aria-label="Account settings"
      onSubmit={(event) => {
        event.preventDefault()
        save()
      }}
    >
      {put.error !== null && (
        <Alert
          ref={refusal}
          tabIndex={-1}
          mb="md"
          color="red"
          variant="outline"
          title={
            isUncertain(put.error) ? 'It is not certain whether the settings were saved' : 'The settings were not saved'
          }
          icon={<IconAlertTriangle aria-hidden />}
          role="alert"
        >
          {sentenceOf(put.error)}
        </Alert>
      )}
      {changedElsewhere && (
        <Alert mb="md" color="orange" icon={<IconAlertTriangle aria-hidden />} role="status">
          Somebody else has changed these settings meanwhile. Saving replaces theirs; discard your changes to see them.
        </Alert>
      )}
      <Grid gap="xl">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Stack gap="xl">
            <TimeZoneField value={draft.timeZone} onChange={changeZone} />
            <section aria-labelledby="business-hours">
              <Title order={2} size="h4" id="business-hours">
                Business hours
              </Title>
              <Text size="sm" c="dimmed" mb="xs">
                All other time is the window in which requests run. Hours that end before they begin go on into the next
                day.
              </Text>
              {days.map((day) => (
                <DayHours
                  key={day}
                  day={day}
                  blocks={draft.businessHours[day]}
                  onChange={(blocks) => changeHours([day], day, blocks)}
                  showProblems={attempts > 0}
                  {...(day === 'monday' ? { copy: () => changeHours(otherWeekdays, 'monday') } : {})}
                />
              ))}
            </section>
            <Holidays dates={draft.holidays} onChange={(holidays) => change({ holidays })} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <NextWindows account={account} unsaved={unsaved} />
        </Grid.Col>
      </Grid>
      <SaveBar unsaved={unsaved} saving={put.isPending} discard={discard} />
      <LeaveDialog leaving={leaving} />
    </form>
  )
}

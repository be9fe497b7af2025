import { Button, Group, Select, Stack } from '@mantine/core'
import { useState } from 'react'
import type { RequestType } from '../api/client'
import { useActivityTypes, usePreview } from '../api/queries'
import { requestTypeWords } from '../requests/words'
import { ActivityTypeField } from './ActivityTypeField'
import type { Shown } from './CreateDialog'
import { CustomRange } from './CustomRange'
import { ages, custom, previewOf, type Draft } from './draft'
import { Popup } from './Popup'
import { PreviewPanel } from './PreviewPanel'
import { within } from './within'
import { submitWords } from './words'

/** The first step: which activities, and what that means, counted while one picks. */
export function Form({
  requestType,
  draft,
  onChange,
  onCancel,
  onSubmit,
}: {
  requestType: RequestType
  draft: Draft
  onChange: (draft: Draft) => void
  onCancel: () => void
  onSubmit: (shown: Shown) => void
}) {
  const [calendarOpened, setCalendarOpened] = useState(false)
  const types = useActivityTypes()
  const body = previewOf(requestType, draft)
  const preview = usePreview(body)
  const entityName = types.data?.find((type) => String(type.code) === draft.activityType)?.name
  const outlook = preview.data?.refusal === null ? preview.data : undefined
  const shown = body && entityName && outlook ? { body, entityName, preview: outlook } : null

  return (
    <Popup title={requestTypeWords[requestType]} onClose={onCancel} stays={calendarOpened} withCloseButton>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (shown !== null) onSubmit(shown)
        }}
      >
        <Stack>
          <ActivityTypeField
            types={types}
            value={draft.activityType}
            onChange={(activityType) => onChange({ ...draft, activityType })}
          />
          <Select
            label="Activities with 'Modified On' date older than"
            placeholder="Pick how old"
            data={ages}
            value={draft.age}
            onChange={(age) => onChange({ ...draft, age })}
            allowDeselect={false}
            checkIconPosition="right"
            maxDropdownHeight={260}
            comboboxProps={within}
          />
          {draft.age === custom && (
            <CustomRange
              from={draft.from}
              to={draft.to}
              onChange={(dates) => onChange({ ...draft, ...dates })}
              calendarOpened={calendarOpened}
              onCalendar={setCalendarOpened}
            />
          )}
          <PreviewPanel body={body} preview={preview} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onCancel}>
              Cancel
            </Button>
            <Button type="submit" disabled={shown === null}>
              {submitWords[requestType]}
            </Button>
          </Group>
        </Stack>
      </form>
    </Popup>
  )
}

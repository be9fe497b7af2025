import { Alert, Button, Checkbox, DataList, Group, List, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react'
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import type { Request } from '../api/client'
import { useCreate } from '../api/queries'
import { requestTypeWords } from '../requests/words'
import { counted } from '../time/format'
import type { Shown } from './CreateDialog'
import { confirmed } from './draft'
import { Popup } from './Popup'
import { fateOf } from './fate'
import { Selection } from './Selection'
import { StartTime } from './StartTime'
import { useNarrow } from './useNarrow'

/** The second step: everything that was asked for, once more, and the word that it may be done. */
export function Confirm({
  shown,
  keyOf,
  onBack,
  onCreated,
}: {
  shown: Shown
  keyOf: (body: Shown['body']) => string
  onBack: () => void
  onCreated: (request: Request) => void
}) {
  const { body, preview, entityName } = shown
  const narrow = useNarrow()
  const [checked, setChecked] = useState(false)
  const create = useCreate()
  const sending = useRef(false) // a double click is quicker than the state of the mutation
  const fate = useMemo(() => (create.error === null ? null : fateOf(create.error)), [create.error])

  const back = useRef<HTMLButtonElement>(null)
  const again = useRef<HTMLButtonElement>(null)
  // The button that was pressed could not keep the focus while it waited.
  useEffect(() => {
    if (fate !== null) (again.current ?? back.current)?.focus()
  }, [fate])

  const send = () => {
    if (sending.current) return
    sending.current = true
    create.mutate(
      { body: confirmed(body), key: keyOf(body) },
      { onSuccess: onCreated, onSettled: () => (sending.current = false) },
    )
  }

  return (
    <Popup title="Confirm" onClose={onBack} stays={create.isPending}>
      <Stack>
        <DataList withDivider labelWidth={150} orientation={narrow ? 'vertical' : 'horizontal'}>
          <Row label="Request Type">{requestTypeWords[body.requestType]}</Row>
          <Row label="Activity Type">{entityName}</Row>
          <Row label="Will be deleted">
            <Text size="sm" fw={650}>
              {counted(preview.records, 'activity', 'activities')},{' '}
              {counted(preview.attachments, 'attachment', 'attachments')}
            </Text>
            <List size="sm">
              <List.Item>All Activity field data</List.Item>
              <List.Item>All Activity & CFS Attachments</List.Item>
            </List>
          </Row>
          <Row label="Date range">
            <Selection body={body} preview={preview} />
          </Row>
          <Row label="Starts at the earliest">
            <StartTime at={preview.earliestStart} />
          </Row>
        </DataList>
        {body.requestType === 'delete_only' ? <NoWayBack /> : <KeptForAWhile />}
        <Text size="sm">
          How long data must be kept by law differs by industry, by the kind of data and by the law that applies. These
          statutory retention requirements must have been met before data is deleted.
        </Text>
        <Checkbox
          label="I confirm that the statutory retention requirements have been met"
          checked={checked}
          onChange={(event) => setChecked(event.currentTarget.checked)}
          disabled={create.isPending}
        />
        {fate !== null && (
          <Alert color="red" role="alert" icon={<IconAlertTriangle aria-hidden />}>
            <Text size="sm">{fate.sentence}</Text>
            {fate.advice !== null && <Text size="sm">{fate.advice}</Text>}
          </Alert>
        )}
        <Group justify="flex-end">
          <Button ref={back} variant="default" onClick={onBack} disabled={create.isPending}>
            Back
          </Button>
          {fate?.final !== true && (
            <Button ref={again} color="red" onClick={send} disabled={!checked} loading={create.isPending}>
              {fate === null ? 'Confirm' : 'Confirm again'}
            </Button>
          )}
        </Group>
      </Stack>
    </Popup>
  )
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <DataList.Item>
      <DataList.ItemLabel>{label}</DataList.ItemLabel>
      <DataList.ItemValue>{children}</DataList.ItemValue>
    </DataList.Item>
  )
}

function NoWayBack() {
  return (
    <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title="This cannot be undone" role="note">
      No copy is kept: once deleted, nothing can be retrieved. Export & Delete is recommended, which keeps everything as
      files for 30 days.
    </Alert>
  )
}

function KeptForAWhile() {
  return (
    <Alert color="blue" icon={<IconInfoCircle aria-hidden />} role="note">
      Everything is exported before it is deleted. The files can be downloaded for 30 days from the creation of the
      request; after that, nothing can be retrieved.
    </Alert>
  )
}

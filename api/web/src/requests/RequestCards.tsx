import { Anchor, Group, Paper, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Request } from '../api/client'
import { count } from '../time/format'
import { Moment } from '../time/Moment'
import { ActionsMenu, type Act } from './ActionsMenu'
import { Email } from './Email'
import { StatusCell } from './StatusCell'
import { fieldWords, pathOf, type View } from './view'
import { requestTypeWords } from './words'
import classes from './RequestCards.module.css'

interface Props {
  items: readonly Request[]
  view: View
  act: Act
}

/** The requests on a screen that is too narrow for columns. */
export function RequestCards({ items, view, act }: Props) {
  return (
    <Stack component="ul" role="list" aria-label="Requests" gap="sm" p={0} m={0} className={classes.cards}>
      {items.map((request) => (
        <Paper component="li" key={request.id} withBorder p="sm">
          <Card request={request} view={view} act={act} />
        </Paper>
      ))}
    </Stack>
  )
}

function Card({ request, view, act }: { request: Request; view: View; act: Act }) {
  return (
    <Stack gap="xs">
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <Anchor component={Link} href={pathOf(view, request.id)} fw={600} className={classes.breaks}>
          {request.entityName}
        </Anchor>
        <ActionsMenu request={request} act={act} />
      </Group>
      <StatusCell request={request} />
      <dl className={classes.facts}>
        <Fact name="Request Type">{requestTypeWords[request.requestType]}</Fact>
        <Fact name={fieldWords.records}>{count(request.records)}</Fact>
        <Fact name="Created By">
          <Email of={request.createdBy} />
        </Fact>
        <Fact name={fieldWords.createdOn}>
          <Moment at={request.createdOn} />
        </Fact>
      </dl>
    </Stack>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <Text component="dt" size="sm" c="dimmed">
        {name}
      </Text>
      <Text component="dd" size="sm" m={0} className={classes.breaks}>
        {children}
      </Text>
    </>
  )
}

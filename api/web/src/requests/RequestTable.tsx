import { Anchor, Table, UnstyledButton } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconArrowsSort } from '@tabler/icons-react'
import { Link } from 'wouter'
import type { Request } from '../api/client'
import { count } from '../time/format'
import { Moment } from '../time/Moment'
import { ActionsMenu, type Act } from './ActionsMenu'
import { Email } from './Email'
import { StatusCell } from './StatusCell'
import { requestTypeWords } from './words'
import { fields, fieldWords, pathOf, sorted, type Field, type View } from './view'
import classes from './RequestTable.module.css'

interface Props {
  items: readonly Request[]
  view: View
  setView: (view: View) => void
  act: Act
}

/** The requests on a screen that is wide enough for columns. */
export function RequestTable({ items, view, setView, act }: Props) {
  return (
    <div className={classes.frame}>
      <Table aria-label="Requests" stickyHeader stickyHeaderOffset={56} highlightOnHover verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            {fields.map((field) => (
              <Header key={field} field={field} view={view} sort={() => setView(sorted(view, field))} />
            ))}
            <Table.Th className={classes.actions}>Actions</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map((request) => (
            <Row key={request.id} request={request} view={view} act={act} />
          ))}
        </Table.Tbody>
      </Table>
    </div>
  )
}

function Header({ field, view, sort }: { field: Field; view: View; sort: () => void }) {
  const order = view.sort === field ? 'ascending' : view.sort === `-${field}` ? 'descending' : 'none'
  const Arrow = { ascending: IconArrowUp, descending: IconArrowDown, none: IconArrowsSort }[order]
  return (
    <Table.Th aria-sort={order}>
      <UnstyledButton className={classes.sort} data-sorted={order !== 'none' || undefined} onClick={sort}>
        {fieldWords[field]}
        <Arrow size={14} aria-hidden />
      </UnstyledButton>
    </Table.Th>
  )
}

function Row({ request, view, act }: { request: Request; view: View; act: Act }) {
  return (
    <Table.Tr>
      <Table.Th scope="row">
        <Anchor component={Link} href={pathOf(view, request.id)} inherit>
          {request.entityName}
        </Anchor>
      </Table.Th>
      <Table.Td>{requestTypeWords[request.requestType]}</Table.Td>
      <Table.Td className={classes.breaks}>
        <Email of={request.createdBy} />
      </Table.Td>
      <Table.Td>
        <Moment at={request.createdOn} />
      </Table.Td>
      <Table.Td className={classes.number}>{count(request.records)}</Table.Td>
      <Table.Td className={classes.status}>
        <StatusCell request={request} />
      </Table.Td>
      <Table.Td className={classes.actions}>
        <ActionsMenu request={request} act={act} />
      </Table.Td>
    </Table.Tr>
  )
}

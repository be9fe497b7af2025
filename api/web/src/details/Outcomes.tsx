import { Table } from '@mantine/core'
import type { Request } from '../api/client'
import { outcomes } from '../requests/words'
import { count } from '../time/format'
import classes from './Outcomes.module.css'

/** What became of each record of a request that has ended. */
export function Outcomes({ request }: { request: Request }) {
  return (
    <Table aria-label="Outcomes" className={classes.outcomes} verticalSpacing={6}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Outcome</Table.Th>
          <Table.Th>Records</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {outcomes(request).map(({ words, number }) => (
          <Row key={words} words={words} number={number} />
        ))}
      </Table.Tbody>
      <Table.Tfoot>
        <Row words="Total" number={request.records} />
      </Table.Tfoot>
    </Table>
  )
}

function Row({ words, number }: { words: string; number: number }) {
  return (
    <Table.Tr data-none={number === 0 || undefined}>
      <Table.Th scope="row">{words}</Table.Th>
      <Table.Td>{count(number)}</Table.Td>
    </Table.Tr>
  )
}

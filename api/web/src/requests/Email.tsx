import { Fragment } from 'react'

/** An e-mail address that breaks between its parts where a column is narrow. */
export function Email({ of }: { of: string }) {
  return of.split(/(?=@)|(?<=\.)/).map((part, i) => (
    <Fragment key={i}>
      {i > 0 && <wbr />}
      {part}
    </Fragment>
  ))
}

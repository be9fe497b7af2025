import type { Request } from '../api/client'
import { useAdmin } from '../app/me'
import { Copied } from './Copied'
import { Fact, Facts } from './Facts'

/** What support and operators find the request by. */
export function Ids({ request }: { request: Request }) {
  const { account } = useAdmin()
  return (
    <Facts>
      <Fact name="Request id">
        <Copied value={request.id} name="request id" />
      </Fact>
      <Fact name="Workflow id">
        <Copied value={`bulk/${account.id}/${request.id}`} name="workflow id" />
      </Fact>
    </Facts>
  )
}

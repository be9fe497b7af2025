import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { Problem } from '../api/problem'
import type { Api, Me } from '../api/client'
import { ApiContext } from '../api/queries'
import { MeContext } from '../app/me'
import { theme } from '../app/theme'

export const ada: Me = {
  email: 'ada@acme.example',
  role: 'administrator',
  isAdmin: true,
  featureEnabled: true,
  account: { id: 1, name: 'Acme', timeZone: 'Asia/Kolkata' },
}

const notStubbed = () => Promise.reject(new Problem('internal', 'This call was not expected.'))

/** An API of which only the given calls answer. */
function apiOf(calls: Partial<Api>): Api {
  return {
    me: notStubbed,
    activityTypes: notStubbed,
    account: notStubbed,
    putAccount: notStubbed,
    preview: notStubbed,
    create: notStubbed,
    requests: notStubbed,
    request: notStubbed,
    events: notStubbed,
    revoke: notStubbed,
    files: notStubbed,
    download: notStubbed,
    ...calls,
  }
}

/** Renders a component as an administrator sees it. */
export function renderAs(ui: ReactNode, calls: Partial<Api> = {}, me: Me = ada) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  return render(
    <MantineProvider theme={theme} env="test">
      <Notifications />
      <QueryClientProvider client={client}>
        <ApiContext value={apiOf(calls)}>
          <MeContext value={me}>
            <main id="content">{ui}</main>
          </MeContext>
        </ApiContext>
      </QueryClientProvider>
    </MantineProvider>,
  )
}

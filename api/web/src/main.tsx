import '@mantine/core/styles.css'
import '@mantine/dates/styles.css'
import '@mantine/notifications/styles.css'
import './app/page.css'

import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { setNonce } from 'get-nonce'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/App'
import { styleNonce } from './app/setting'
import { theme } from './app/theme'
import { openSession } from './signin/session'

setNonce(styleNonce) // what locks the scrolling behind a popup adds a style element, too

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => styleNonce}>
      {/* At the bottom are what saves and what turns pages: nothing is to cover them. */}
      <Notifications position="top-center" />
      <App session={openSession()} />
    </MantineProvider>
  </StrictMode>,
)

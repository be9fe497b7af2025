import { Alert, Button, Text } from '@mantine/core'
import { useState } from 'react'
import { Notice } from './Notice'
import type { Session } from './session'

/** For everybody without a session, and for whom it has ended. */
export function SignedOut({ session }: { session: Session }) {
  const [step, setStep] = useState<'idle' | 'leaving' | 'failed'>('idle')
  const signIn = () => {
    setStep('leaving')
    session.signIn(location.pathname + location.search).catch(() => setStep('failed'))
  }
  return (
    <Notice title="Bulk Export & Delete Data">
      <Text>You are signed out. Sign in as an administrator of your account to go on.</Text>
      {step === 'failed' && (
        <Alert color="red" variant="outline" role="alert" title="The sign-in could not begin">
          {isSecureContext
            ? 'Please try again. If that does not help, reload the page.'
            : 'Browsers sign people in on secure pages only. Open this page by its address that begins with https://, ' +
              'or ask whoever runs Offhours for one.'}
        </Alert>
      )}
      <Button onClick={signIn} loading={step === 'leaving'}>
        Sign in
      </Button>
    </Notice>
  )
}

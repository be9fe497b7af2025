import { useState } from 'react'
import type { Preview, PreviewRequest, Request, RequestType } from '../api/client'
import { Confirm } from './Confirm'
import { Created } from './Created'
import { emptyDraft } from './draft'
import { Form } from './Form'
import { newKeys } from './keys'

export interface CreateDialogProps {
  requestType: RequestType
  onClose: () => void
}

/** What a person saw when they went on to confirm it. It does not change while they read it. */
export interface Shown {
  body: PreviewRequest
  entityName: string
  preview: Preview
}

type Step = { name: 'form' } | { name: 'confirm'; shown: Shown } | { name: 'created'; shown: Shown; request: Request }

/** From the empty form to the new request. */
export function CreateDialog({ requestType, onClose }: CreateDialogProps) {
  const [draft, setDraft] = useState(emptyDraft)
  const [keyOf] = useState(newKeys)
  const [step, setStep] = useState<Step>({ name: 'form' })

  switch (step.name) {
    case 'form':
      return (
        <Form
          requestType={requestType}
          draft={draft}
          onChange={setDraft}
          onCancel={onClose}
          onSubmit={(shown) => setStep({ name: 'confirm', shown })}
        />
      )
    case 'confirm':
      return (
        <Confirm
          shown={step.shown}
          keyOf={keyOf}
          onBack={() => setStep({ name: 'form' })}
          onCreated={(request) => setStep({ name: 'created', shown: step.shown, request })}
        />
      )
    case 'created':
      return <Created shown={step.shown} request={step.request} onClose={onClose} />
  }
}

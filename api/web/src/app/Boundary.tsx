import { Button, Text } from '@mantine/core'
import { Component, type ReactNode } from 'react'
import { Notice } from '../signin/Notice'

interface Props {
  /** Where one is. Going elsewhere tries anew. */
  path?: string
  /** What to say in place of what broke. */
  instead: ReactNode
  children: ReactNode
}

/**
 * Keeps the page from going blank when a part of it breaks. Most often that part could not be fetched: a newer version
 * has been deployed while the page was open, and has files of other names.
 */
export class Boundary extends Component<Props, { broken: boolean }> {
  override state = { broken: false }

  static getDerivedStateFromError() {
    return { broken: true }
  }

  override componentDidUpdate({ path }: Props) {
    if (this.state.broken && path !== this.props.path) this.setState({ broken: false })
  }

  override render() {
    return this.state.broken ? this.props.instead : this.props.children
  }
}

/** The way on where a part of the page broke. */
export function ReloadNote() {
  return (
    <>
      <Text>
        A part of this page could not be shown. There may be a newer version of the page, or the connection was lost.
        Reload it to go on; what you have confirmed is not affected.
      </Text>
      <Button onClick={() => location.reload()}>Reload</Button>
    </>
  )
}

/** In place of the whole page. */
export const reloadPage = (
  <Notice title="Please reload this page">
    <ReloadNote />
  </Notice>
)

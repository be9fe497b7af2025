import { createTheme, Drawer, Modal, Notification } from '@mantine/core'

// Their titles stand in a header element, which is not another banner of the page.
const noBanner = { attributes: { header: { role: 'presentation' } } }

const boldTitle = { title: { fontWeight: 650, fontSize: 'var(--mantine-font-size-lg)' } }

export const theme = createTheme({
  primaryColor: 'blue',
  // Shades with a contrast of at least 4.5 : 1 (WCAG 2.2, 1.4.3) against white and against the dark background.
  primaryShade: { light: 8, dark: 8 },
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  headings: { fontWeight: '650' },
  autoContrast: true,
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Notification: Notification.extend({ defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss' } } }),
    Modal: Modal.extend({ defaultProps: noBanner, styles: boldTitle }),
    Drawer: Drawer.extend({ defaultProps: noBanner, styles: boldTitle }),
    // Menus and lists of choices open within the page's main part, as everything one reads is to be in a landmark.
    Popover: { defaultProps: { portalProps: { target: '#content' } } },
    // A menu may hold nothing but its items.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
  },
})

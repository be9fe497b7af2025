/** Lists and calendars are part of the dialog that they belong to, and still may reach beyond its edge. */
export const within = { withinPortal: false, floatingStrategy: 'fixed' } as const

import { describe, expect, it } from 'vitest'
import { areReversed, dayIn, dayWords, parseDay } from './days'

describe('dates as people type them', () => {
  it.each(['2025-12-31', ' 31 Dec 2025 ', '31 december 2025', '31. Dec 2025', 'December 31, 2025', 'Dec 31 2025'])(
    '%j is read',
    (text) => expect(parseDay(text)).toBe('2025-12-31'),
  )

  it.each(['', '31', '12/31/2025', '03.04.2025', '2025-02-30', '30 Feb 2025', '31 Foo 2025', '31 Dec 25', '2025-1-1'])(
    '%j is not',
    (text) => expect(parseDay(text)).toBeNull(),
  )

  it('reads the ninth month in its two short forms, and may, which has one', () => {
    expect(parseDay('1 Sept 2025')).toBe('2025-09-01')
    expect(parseDay('1 Sep 2025')).toBe('2025-09-01')
    expect(parseDay('1 May 2025')).toBe('2025-05-01')
  })

  it('reads back what it writes', () => {
    expect(parseDay(dayWords('2024-02-29'))).toBe('2024-02-29')
  })
})

it('tells reversed dates', () => {
  expect(areReversed('2025-01-02', '2025-01-01')).toBe(true)
  expect(areReversed('2025-01-01', '2025-01-01')).toBe(false)
  expect(areReversed('2025-01-02', '')).toBe(false)
})

it('knows which day it is elsewhere', () => {
  expect(dayIn('Asia/Kolkata', new Date('2026-03-31T18:30:00Z'))).toBe('2026-04-01')
  expect(dayIn('UTC', new Date('2026-03-31T18:30:00Z'))).toBe('2026-03-31')
})

import { describe, expect, it } from 'vitest'
import { clock, count, counted, dateTime, longDate, relative, size, zoneName } from './format'

const noon = new Date('2026-04-01T12:00:00Z')
const after = (seconds: number) => new Date(noon.getTime() + seconds * 1000)

describe('times', () => {
  it('are shown in a zone', () => {
    expect(dateTime(noon, 'Asia/Kolkata')).toBe('1 Apr 2026, 17:30')
    expect(longDate(new Date('2026-03-31T18:30:00Z'), 'Asia/Kolkata')).toBe('1 April 2026')
    expect(zoneName(noon, 'Asia/Kolkata')).toBe('GMT+5:30')
  })

  it('of the same day need no date', () => {
    expect(clock(after(3600), noon, 'Asia/Kolkata')).toBe('18:30')
    expect(clock(after(7 * 3600), noon, 'Asia/Kolkata')).toBe('2 Apr 2026, 00:30')
  })

  it.each([
    [0, 'now'],
    [-4, 'now'],
    [30, 'in 30 seconds'],
    [-90, '1 minute ago'],
    [7200, 'in 2 hours'],
    [-86_400 * 3, '3 days ago'],
  ])('%i seconds from now are %s', (seconds, words) => {
    expect(relative(after(seconds), noon)).toBe(words)
  })
})

describe('numbers', () => {
  it('are grouped and counted', () => {
    expect(count(200_000)).toBe('200,000')
    expect(counted(1, 'activity', 'activities')).toBe('1 activity')
    expect(counted(2000, 'activity', 'activities')).toBe('2,000 activities')
  })

  it.each([
    [0, '0 byte'],
    [999, '999 byte'],
    [1000, '1 kB'],
    [9_840_000, '9.8 MB'],
    [2_500_000_000, '2.5 GB'],
  ])('%i bytes are %s', (bytes, words) => {
    expect(size(bytes)).toBe(words)
  })
})

import { describe, expect, it } from 'vitest'
import { filtered, pathOf, searchOf, sorted, unfiltered, viewOf } from './view'

describe('a view in an address', () => {
  it.each([
    '',
    '?page=3',
    '?pageSize=100&sort=-records&status=in_queue&activityType=201&requestType=delete_only&createdBy=ada%2Bx%40acme.example',
  ])('%s comes back as it was', (search) => {
    expect(searchOf(viewOf(search))).toBe(search)
  })

  it.each([
    '?page=0',
    '?page=-1',
    '?page=1.5',
    '?page=x',
    '?page=1000001',
    '?pageSize=16',
    '?sort=color',
    '?sort=--records',
    '?sort=toString',
    '?status=done',
    '?activityType=abc',
    '?requestType=export',
    '?createdBy=',
    `?createdBy=${'a'.repeat(321)}`,
    '?createdBy=a%00b',
    '?color=red',
  ])('%s counts as not given', (search) => {
    expect(searchOf(viewOf(search))).toBe('')
  })

  it('names the request whose details are open', () => {
    expect(pathOf(viewOf('?page=2'), 'x')).toBe('/requests/x?page=2')
    expect(pathOf(viewOf('?page=2'))).toBe('/?page=2')
  })
})

describe('a change of the view', () => {
  const view = viewOf('?page=3&pageSize=25&status=failed&sort=records')

  it('of a filter begins at the first page', () => {
    expect(searchOf(filtered(view, 'activityType', '201'))).toBe(
      '?pageSize=25&sort=records&status=failed&activityType=201',
    )
    expect(searchOf(filtered(view, 'status', null))).toBe('?pageSize=25&sort=records')
  })

  it('to no filters keeps order and size', () => {
    expect(searchOf(unfiltered(view))).toBe('?pageSize=25&sort=records')
  })

  it('of the order turns it around, begins at the first page, and starts with what one looks for', () => {
    expect(sorted(view, 'records')).toMatchObject({ sort: '-records', page: 1 })
    expect(sorted(sorted(view, 'records'), 'records').sort).toBe('records')
    expect(sorted(view, 'createdOn').sort).toBe('-createdOn')
    expect(sorted(view, 'entityName').sort).toBe('entityName')
  })
})

import { useLocation, useSearch } from 'wouter'
import type { RequestQuery, RequestType, Status } from '../api/client'
import { requestTypeWords, statusWords } from './words'

export type PageSize = NonNullable<RequestQuery['pageSize']>
export type Sort = NonNullable<RequestQuery['sort']>
/** What requests are sorted by. With a minus sign before it the order is descending. */
export type Field = Exclude<Sort, `-${string}`>
export type Filter = 'status' | 'activityType' | 'requestType' | 'createdBy'

/** What of the account's requests is looked at, and in which order. */
export type View = Required<Pick<RequestQuery, 'page' | 'pageSize' | 'sort'>> & Pick<RequestQuery, Filter>

export const pageSizes: readonly PageSize[] = [15, 25, 50, 100]
const filters: readonly Filter[] = ['status', 'activityType', 'requestType', 'createdBy']

/** Columns by what the API calls them, in the order in which they stand. */
export const fieldWords: Record<Field, string> = {
  entityName: 'Entity Name',
  requestType: 'Request Type',
  createdBy: 'Created By',
  createdOn: 'Created On',
  records: 'No. of Records',
  status: 'Status',
}

export const isField = (text: string): text is Field => Object.hasOwn(fieldWords, text)
export const isStatus = (text: string): text is Status => Object.hasOwn(statusWords, text)
export const isRequestType = (text: string): text is RequestType => Object.hasOwn(requestTypeWords, text)
export const isSort = (text: string): text is Sort => isField(text.replace(/^-/, ''))

export const fields = Object.keys(fieldWords).filter(isField)

const defaults: View = { page: 1, pageSize: 15, sort: '-createdOn' }

// Larger numbers and longer texts the API refuses.
const largest = 1_000_000
const longestEmail = 320

function wholeNumber(text: string | null): number | undefined {
  const number = Number(text)
  return text !== null && /^[1-9]\d*$/.test(text) && number <= largest ? number : undefined
}

/** Reads the query of an address. Somebody may have typed it, so what is wrong counts as not given. */
export function viewOf(search: string): View {
  const given = new URLSearchParams(search)
  const view = { ...defaults, page: wholeNumber(given.get('page')) ?? defaults.page }
  view.pageSize = pageSizes.find((size) => size === wholeNumber(given.get('pageSize'))) ?? defaults.pageSize
  const sort = given.get('sort') ?? ''
  if (isSort(sort)) view.sort = sort
  const status = given.get('status') ?? ''
  if (isStatus(status)) view.status = status
  const activityType = wholeNumber(given.get('activityType'))
  if (activityType !== undefined) view.activityType = activityType
  const requestType = given.get('requestType') ?? ''
  if (isRequestType(requestType)) view.requestType = requestType
  const createdBy = given.get('createdBy') ?? ''
  if (createdBy !== '' && createdBy.length <= longestEmail && !/\p{Cc}/u.test(createdBy)) view.createdBy = createdBy
  return view
}

/** The query of the view's address, with its question mark; empty for the view that one begins with. */
export function searchOf(view: View): string {
  const query = new URLSearchParams()
  const usual: Partial<Record<string, unknown>> = defaults
  for (const [name, value] of Object.entries(view)) {
    if (value !== usual[name]) query.set(name, String(value))
  }
  return query.size === 0 ? '' : `?${query.toString()}`
}

export const isFiltered = (view: View): boolean => filters.some((filter) => view[filter] !== undefined)

/** Null takes the filter away. Other requests match, so they are looked at from the first page on. */
export function filtered(view: View, filter: Filter, value: string | null): View {
  const query = new URLSearchParams(searchOf({ ...view, page: 1 }))
  if (value === null) query.delete(filter)
  else query.set(filter, value)
  return viewOf(query.toString())
}

export const unfiltered = ({ pageSize, sort }: View): View => ({ ...defaults, pageSize, sort })

// One looks for the newest and the largest, but for names from A on.
const firstDescending: readonly Field[] = ['createdOn', 'records']

/** By another field, or by the same the other way round. */
export function sorted(view: View, field: Field): View {
  const descending: Sort = `-${field}`
  const ascends = view.sort === descending || (view.sort !== field && !firstDescending.includes(field))
  return { ...view, page: 1, sort: ascends ? field : descending }
}

/** Where the view is, with the details of a request open if it is named. */
export const pathOf = (view: View, id?: string): string => (id === undefined ? '/' : `/requests/${id}`) + searchOf(view)

/** The view in the address, so that it survives a reload and can be shared. */
export function useView() {
  const [path, navigate] = useLocation()
  const view = viewOf(useSearch())
  const setView = (next: View, options?: { replace: boolean }) => navigate(path + searchOf(next), options)
  return { view, setView }
}

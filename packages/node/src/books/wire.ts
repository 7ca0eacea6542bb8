/**
 * Books of a running client, read over its control socket: `/books/get?table&key` answers one value, `/books/list?table&
 * gte&lt&reverse&limit` a page of entries, both in the store's own CBOR.
 */
export const GET_PATH = '/books/get'
export const LIST_PATH = '/books/list'

/** Entries of one page. */
export const PAGE_ENTRIES_MAX = 128
/** A page ends with the entry that reaches this: values are kilobytes, the largest about one mebibyte. */
export const PAGE_BYTES = 1 << 20
/** The largest answer read: a page, and one more value than fits it. */
export const ANSWER_BYTES_MAX = 16 * 2 ** 20

/** A part of a table, in the order asked for. */
export interface Page {
  readonly entries: readonly (readonly [key: string, value: Uint8Array])[]
  /** There is more behind the last entry. */
  readonly isPart: boolean
}

import { OFFER_BYTES_MAX } from '@archipel/protocol'
import { BOOK_FRAME_BYTES_MAX } from '../limits.ts'

/** Groups offers into frames that fit. */
export function* pagesOf(offers: Iterable<Uint8Array>): Generator<Uint8Array[]> {
  let page: Uint8Array[] = []
  let size = 0
  for (const offer of offers) {
    if (size + offer.length + OFFER_BYTES_MAX > BOOK_FRAME_BYTES_MAX) {
      yield page
      page = []
      size = 0
    }
    page.push(offer)
    // Three bytes say how long each is.
    size += offer.length + 3
  }
  if (page.length > 0) yield page
}

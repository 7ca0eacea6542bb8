import type { Stream } from '@libp2p/interface'
import { STREAM_WINDOW_BYTES_MAX } from '../limits.ts'

/**
 * Lets the peer send {@link STREAM_WINDOW_BYTES_MAX} bytes before it hears from us again. A yamux stream begins with
 * 256 KiB and grows by the round trip its pings see; where the delay comes from a busy machine and not from the path,
 * it never grows, and every 256 KiB waits for both processes to get their turn. The larger window is told with the next
 * window update, which the protocol allows at any time. Other muxers are left as they are.
 */
export function widenWindow(stream: Stream): void {
  if ('recvWindow' in stream && typeof stream.recvWindow === 'number') stream.recvWindow = STREAM_WINDOW_BYTES_MAX
}

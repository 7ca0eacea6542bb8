import { CodedError } from '@archipel/protocol'
import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { DIAL_TIMEOUT_MS } from './limits.ts'
import { timeoutSignal, type WaitOptions } from './wait.ts'

/** A known peer, or where one listens. Several multiaddrs are ways to one and the same peer. */
export type DialTarget = PeerId | Multiaddr | string | readonly (Multiaddr | string)[]

/** Addresses tried for one peer: an offer from a stranger must not make us knock on a hundred doors. */
export const DIAL_ADDRESSES_MAX = 8

/** Parses multiaddr text. Throws E_MULTIADDR_INVALID. */
export function parseMultiaddr(text: string): Multiaddr {
  try {
    return multiaddr(text)
  } catch (cause) {
    throw new CodedError('E_MULTIADDR_INVALID', 'this is not a multiaddr', {
      facts: { text: text.slice(0, 256) },
      hint: 'it looks like /ip4/203.0.113.7/tcp/4001/p2p/16Uiu2HA…',
      cause
    })
  }
}

/** PeerId text at the end of a multiaddr, if it has one. */
export function peerIdTextOf(address: Multiaddr): string | undefined {
  return address.getComponents().findLast(component => component.name === 'p2p')?.value
}

/** The open connection to a target, or a new one. Rejects with E_DIAL_FAILED, E_MULTIADDR_INVALID or the signal's reason. */
export async function connectTo(
  libp2p: Pick<Libp2p, 'dial'>,
  target: DialTarget,
  { signal }: WaitOptions
): Promise<Connection> {
  const parsed = parseTarget(target)
  try {
    return await libp2p.dial(parsed, { signal: timeoutSignal(DIAL_TIMEOUT_MS, signal) })
  } catch (cause) {
    signal?.throwIfAborted()
    throw new CodedError('E_DIAL_FAILED', 'could not connect to a peer', {
      facts: { target: String(parsed).slice(0, 512), reasons: reasonsOf(cause) },
      hint: 'check that the peer runs, that its address is right and reachable from here',
      cause
    })
  }
}

function parseTarget(target: DialTarget): PeerId | Multiaddr | Multiaddr[] {
  if (typeof target === 'string') return parseMultiaddr(target)
  if (!isList(target)) return target
  return target.slice(0, DIAL_ADDRESSES_MAX).map(entry => (typeof entry === 'string' ? parseMultiaddr(entry) : entry))
}

function isList(target: DialTarget): target is readonly (Multiaddr | string)[] {
  return Array.isArray(target)
}

/** One dial tries several addresses; the reader wants to see each failure, shortly. */
function reasonsOf(err: unknown): string[] {
  const errors = err instanceof AggregateError ? err.errors : [err]
  return errors
    .slice(0, DIAL_ADDRESSES_MAX)
    .map(each => (each instanceof Error ? each.message : String(each)).slice(0, 200))
}

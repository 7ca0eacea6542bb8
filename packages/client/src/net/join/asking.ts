import { isCodedError } from '@archipel/protocol'
import type { Connection, PeerId } from '@libp2p/interface'
import { ASK_AGAIN_MS, ASK_LIAR_AGAIN_MS, ASKED_MAX } from '../exchange/limits.ts'
import type { PeerExchange } from '../exchange/peer-exchange.ts'

/** Asks peers whom they know, none of them too often. */
export interface Asking {
  isDue(peer: PeerId): boolean
  /** @returns how many peers were new. Never rejects. */
  ask(connection: Connection, signal: AbortSignal): Promise<number>
}

export function createAsking(
  exchange: Pick<PeerExchange, 'ask'>,
  nowMs: () => number = () => performance.now()
): Asking {
  const notBeforeMs = new Map<string, number>()

  function note(key: string, waitMs: number): void {
    notBeforeMs.delete(key)
    notBeforeMs.set(key, nowMs() + waitMs)
    if (notBeforeMs.size > ASKED_MAX) notBeforeMs.delete(notBeforeMs.keys().next().value as string)
  }

  return {
    isDue: peer => (notBeforeMs.get(peer.toString()) ?? 0) <= nowMs(),
    async ask(connection, signal) {
      const key = connection.remotePeer.toString()
      note(key, ASK_AGAIN_MS)
      try {
        return (await exchange.ask(connection, { signal })).length
      } catch (err) {
        // Who lies, and who cannot answer, need not be asked soon.
        if (isCodedError(err) && FOR_LONG.has(err.code)) note(key, ASK_LIAR_AGAIN_MS)
        return 0
      }
    }
  }
}

const FOR_LONG = new Set(['E_PEERS_INVALID', 'E_PROTOCOL_UNSUPPORTED'])

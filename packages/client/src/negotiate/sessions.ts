import { type Address, CodedError, type ToBuyer, type VerifiedOffer } from '@archipel/protocol'
import { type Network, parseMultiaddr, peerIdFromPublicKey, peerIdTextOf } from '../net/index.ts'
import { createSession, type Session } from './session.ts'

/** Providers talked to at once. Each costs a connection and a stream; a job has at most a few dozen replicas. */
export const SESSIONS_MAX = 256

/** One {@link Session} for each provider. */
export interface Sessions {
  to(offer: Pick<VerifiedOffer, 'offer' | 'publicKey'>): Session
  /** The session with a provider that was talked to before. */
  get(provider: Address): Session | undefined
  close(): Promise<void>
}

export interface SessionsInit {
  network: Network
  /** The newest Offer known of a provider: it may have moved since the one that a session began with. */
  newest: (provider: Address) => VerifiedOffer | undefined
  /** True while something is under way with a provider: its session stays. */
  isBusy: (provider: Address) => boolean
  onOpened: (provider: Address) => void
  onMessage: (provider: Address, message: ToBuyer) => void
  onLost: (provider: Address, error: CodedError) => void
}

export function createSessions({ network, newest, isBusy, onOpened, onMessage, onLost }: SessionsInit): Sessions {
  const sessions = new Map<Address, Session>()

  /** Makes room for one more by letting go of the one that was not needed for longest. */
  function makeRoom(): void {
    if (sessions.size < SESSIONS_MAX) return
    const idle = [...sessions.keys()].find(provider => !isBusy(provider))
    if (idle === undefined) {
      throw new CodedError('E_TOO_MANY_SESSIONS', 'this client talks to too many providers at once', {
        facts: { sessionsMax: SESSIONS_MAX },
        hint: 'run fewer jobs at once'
      })
    }
    void sessions.get(idle)?.close()
    sessions.delete(idle)
  }

  return {
    to({ offer, publicKey }) {
      const { provider } = offer.body
      const known = sessions.get(provider)
      if (known !== undefined) {
        // Last in line to be let go of.
        sessions.delete(provider)
        sessions.set(provider, known)
        return known
      }
      makeRoom()
      const session = createSession({
        network,
        target: () => dialable((newest(provider)?.offer ?? offer).body.multiaddrs, publicKey),
        onOpened: () => onOpened(provider),
        onMessage: message => onMessage(provider, message),
        onLost: error => onLost(provider, error)
      })
      sessions.set(provider, session)
      return session
    },
    get: provider => sessions.get(provider),
    async close() {
      await Promise.all([...sessions.values()].map(session => session.close()))
      sessions.clear()
    }
  }
}

/**
 * Where to dial a provider. The PeerId comes from the key that signed its Offer, so whatever the addresses say, we end
 * up at that key or nowhere.
 */
function dialable(addresses: readonly string[], publicKey: Uint8Array) {
  const peerId = peerIdFromPublicKey(publicKey)
  const mine = addresses.flatMap(text => {
    const address = parseMultiaddr(text)
    const named = peerIdTextOf(address)
    if (named === undefined) return [address.encapsulate(`/p2p/${peerId}`)]
    return named === peerId.toString() ? [address] : []
  })
  return mine.length > 0 ? mine : peerId
}

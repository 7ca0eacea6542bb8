import type { Address, SignedOffer, VerifiedOffer } from '@archipel/protocol'
import type { BuyerEngine } from './agreement/engine.ts'
import type { Chain } from './chain/index.ts'
import type { KeptBlockStore } from './content/index.ts'
import type { SigningContext } from './context.ts'
import type { Inbox } from './negotiate/inbox.ts'
import type { Sessions } from './negotiate/sessions.ts'
import type { BlockFetcher } from './net/blocks/index.ts'
import type { Network } from './net/index.ts'
import type { Channels } from './payment/channels.ts'
import type { Payer } from './payment/payer.ts'
import type { Spending } from './payment/spending/spending.ts'
import type { BuyerRecords } from './records.ts'

/** The parts of a client, wired once in create-client.ts. */
export interface ClientParts {
  readonly signing: SigningContext
  /** The network's token. */
  readonly token: Address
  readonly records: BuyerRecords
  readonly network: Network
  readonly chain: Chain
  readonly blocks: KeptBlockStore
  readonly fetcher: BlockFetcher
  readonly engine: BuyerEngine
  readonly channels: Channels
  readonly payer: Payer
  readonly spending: Spending
  readonly sessions: Sessions
  readonly inbox: Inbox
  /** Connects to a provider again and asks it where every open agreement stands; gives those up that it cannot reach. */
  readonly reconnect: (provider: Address) => Promise<void>
  /** Gives a stored offer its signer's key back. */
  readonly verifiedOffer: (offer: SignedOffer) => VerifiedOffer
  readonly offers: (signal?: AbortSignal) => Promise<VerifiedOffer[]>
}

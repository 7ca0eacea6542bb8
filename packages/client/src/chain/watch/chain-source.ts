import type { Address, ChannelId } from '@archipel/protocol'
import { topicOfAddress } from '../contract/event-codec.ts'
import { BALANCE_EVENTS, CHANNEL_EVENTS, type EscrowEvent, escrowEvents, ORDER_EVENTS } from '../escrow/events.ts'
import { WATCH_CHANNELS_BY_NAME_MAX } from '../limits.ts'
import type { Rpc } from '../rpc/rpc.ts'
import { askByName, type ChainSource, createSource, type Selection } from './source.ts'

/** Which events of the escrow are followed. Left out altogether: all. Otherwise those of any of these. */
export interface WatchFilter {
  /** Channels from this account, once they are opened while watching, its balance and its orders. */
  readonly payer?: Address | undefined
  /** Channels to this account, once they are opened while watching, its balance and cheques to it. */
  readonly payee?: Address | undefined
  /** Channels known from before, or whatever is known at each look. */
  readonly channels?: readonly ChannelId[] | (() => Iterable<ChannelId>) | undefined
}

const { topicOf } = escrowEvents
/** Events that name an account in this place. */
const FIRST = ['ChequeCashed', 'NoncesCancelled'] as const
const SECOND = [...BALANCE_EVENTS, 'RelayerPaid', 'ChequeCashed'] as const

export function createChainSource(rpc: Rpc, escrow: Address): ChainSource {
  return createSource(rpc, { contract: escrow, codec: escrowEvents, select })
}

function select(filter: WatchFilter | undefined): Selection<EscrowEvent> {
  if (filter === undefined) {
    const all = [...CHANNEL_EVENTS, ...BALANCE_EVENTS, ...ORDER_EVENTS].map(topicOf)
    return ask => ask([all])
  }
  const { payer, payee, channels = [] } = filter
  const opened = new Set<ChannelId>()
  const accounts = [payer, payee].flatMap(account => (account === undefined ? [] : [topicOfAddress(account)]))
  return async ask => {
    const named = typeof channels === 'function' ? channels() : channels
    const openings = [
      ...(payer === undefined ? [] : await ask([topicOf('ChannelOpened'), null, topicOfAddress(payer)])),
      ...(payee === undefined ? [] : await ask([topicOf('ChannelOpened'), null, null, topicOfAddress(payee)]))
    ]
    for (const { event } of openings) if ('id' in event) opened.add(event.id)
    const ofAccounts =
      accounts.length === 0
        ? []
        : [
            // Whose balance it is, or who is paid, comes second; who signed comes first.
            ...(await ask([SECOND.map(topicOf), null, accounts])),
            ...(await ask([FIRST.map(topicOf), accounts]))
          ]
    const ofChannels = await askByName(ask, CHANNEL_EVENTS.map(topicOf), {
      ids: new Set([...opened, ...named]),
      idOf: event => ('id' in event ? event.id : undefined),
      max: WATCH_CHANNELS_BY_NAME_MAX
    })
    return [...ofAccounts, ...ofChannels]
  }
}

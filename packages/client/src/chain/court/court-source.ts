import type { Address, ChannelId, Hash } from '@archipel/protocol'
import { WATCH_CHANNELS_BY_NAME_MAX } from '../limits.ts'
import type { Rpc } from '../rpc/rpc.ts'
import { askByName, type ChainSource, createSource, type Selection } from '../watch/source.ts'
import { CASE_EVENTS, type CourtEvent, courtEvents, isCaseEvent } from './events.ts'

/** Which events of the court are followed. Left out altogether: all. Otherwise those of any of these cases. */
export interface CourtFilter {
  /** Cases about these channels, once they are opened while watching; or about whatever is known at each look. */
  readonly channels?: readonly ChannelId[] | (() => Iterable<ChannelId>) | undefined
  /** Cases known from before, or whatever is known at each look. */
  readonly cases?: readonly Hash[] | (() => Iterable<Hash>) | undefined
}

export type CourtSource = ChainSource<CourtEvent, CourtFilter>

const { topicOf } = courtEvents

export function createCourtSource(rpc: Rpc, court: Address): CourtSource {
  return createSource(rpc, { contract: court, codec: courtEvents, select })
}

function select(filter: CourtFilter | undefined): Selection<CourtEvent> {
  if (filter === undefined) return ask => ask([])
  const { channels = [], cases = [] } = filter
  const opened = new Set<Hash>()
  const now = <T>(some: readonly T[] | (() => Iterable<T>)) => (typeof some === 'function' ? some() : some)
  return async ask => {
    const topics = [topicOf('CaseOpened'), null] as const
    const openings = await askByName(asked => ask([...topics, ...asked.slice(1)]), [topicOf('CaseOpened')], {
      ids: new Set(now(channels)),
      idOf: event => (event.name === 'CaseOpened' ? event.channel : undefined),
      max: WATCH_CHANNELS_BY_NAME_MAX
    })
    for (const { event } of openings) if (isCaseEvent(event)) opened.add(event.id)
    return askByName(ask, CASE_EVENTS.map(topicOf), {
      ids: new Set([...opened, ...now(cases)]),
      idOf: event => (isCaseEvent(event) ? event.id : undefined),
      max: WATCH_CHANNELS_BY_NAME_MAX
    })
  }
}

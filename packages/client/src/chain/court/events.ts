import {
  type Address,
  CASE_KINDS,
  CASE_OUTCOMES,
  CASE_RULINGS,
  type CaseEvent,
  type CaseFacts,
  fromHex,
  type UnixSec,
  unpackSeats,
  type Wei
} from '@archipel/protocol'
import { createEventCodec, type EventPlace, hexOf, type ReadArgument, weiOf } from '../contract/event-codec.ts'
import { courtInterface } from '../contract/interfaces.ts'

/** What happened to one case, and where. */
export type PlacedCaseEvent = EventPlace & CaseEvent

/** What happened to balances and seats. Amounts are in units of the stake token. */
export type SeatEvent = EventPlace &
  (
    | { readonly name: 'Deposited'; readonly account: Address; readonly from: Address; readonly amount: Wei }
    | { readonly name: 'Withdrawn'; readonly account: Address; readonly to: Address; readonly amount: Wei }
    /** `owner` took `count` seats from `first` on. */
    | { readonly name: 'SeatsTaken'; readonly owner: Address; readonly first: number; readonly count: number }
    /** The seat is drawn no more, and can be left from `leaveAt` on. */
    | { readonly name: 'SeatStanding'; readonly seat: number; readonly leaveAt: UnixSec }
    | { readonly name: 'SeatLeft'; readonly seat: number; readonly owner: Address; readonly amount: Wei }
    | { readonly name: 'SeatCollected'; readonly seat: number; readonly owner: Address; readonly amount: Wei }
  )

export type CourtEvent = PlacedCaseEvent | SeatEvent

export const CASE_EVENTS = [
  'CaseOpened',
  'DataDemanded',
  'DataAnswered',
  'CaseChallenged',
  'DrawHashPinned',
  'DrawPostponed',
  'SecretsRevealed',
  'JuryDrawn',
  'VoteCommitted',
  'VoteRevealed',
  'CaseRuled',
  'CaseAppealed',
  'CaseClosed'
] as const satisfies readonly CaseEvent['name'][]

const SEAT_FIELDS = (read: ReadArgument) => ({
  seat: Number(read('seat')),
  owner: hexOf(read('owner')),
  amount: weiOf(read('amount'))
})

/** What the logs of the court mean. */
export const courtEvents = createEventCodec<CourtEvent>(courtInterface, {
  Deposited: read => ({
    account: hexOf(read('account')),
    from: hexOf(read('from')),
    amount: weiOf(read('amount'))
  }),
  Withdrawn: read => ({ account: hexOf(read('account')), to: hexOf(read('to')), amount: weiOf(read('amount')) }),
  SeatsTaken: read => ({ owner: hexOf(read('owner')), first: Number(read('first')), count: Number(read('count')) }),
  SeatStanding: read => ({ seat: Number(read('seat')), leaveAt: Number(read('leaveAt')) }),
  SeatLeft: SEAT_FIELDS,
  SeatCollected: SEAT_FIELDS,
  CaseOpened: read => ({
    id: hexOf(read('id')),
    channel: hexOf(read('channel')),
    plaintiff: hexOf(read('plaintiff')),
    facts: factsOf(read('facts') as Record<string, unknown>),
    anchor: hexOf(read('anchor')),
    until: Number(read('until'))
  }),
  DataDemanded: read => ({
    id: hexOf(read('id')),
    demander: hexOf(read('demander')),
    chunk: Number(read('chunk')),
    dataUntil: Number(read('dataUntil')),
    until: Number(read('until'))
  }),
  DataAnswered: read => ({
    id: hexOf(read('id')),
    chunk: Number(read('chunk')),
    data: fromHex(String(read('data')))
  }),
  CaseChallenged: read => ({
    id: hexOf(read('id')),
    defendant: hexOf(read('defendant')),
    anchor: hexOf(read('anchor')),
    target: Number(read('target')),
    seatCount: Number(read('seatCount')),
    until: Number(read('until'))
  }),
  DrawHashPinned: read => ({
    id: hexOf(read('id')),
    round: Number(read('round')),
    drawHash: hexOf(read('drawHash'))
  }),
  DrawPostponed: read => ({
    id: hexOf(read('id')),
    round: Number(read('round')),
    target: Number(read('target'))
  }),
  SecretsRevealed: read => ({
    id: hexOf(read('id')),
    round: Number(read('round')),
    plaintiffSecret: hexOf(read('plaintiffSecret')),
    defendantSecret: hexOf(read('defendantSecret')),
    drawHash: hexOf(read('drawHash'))
  }),
  JuryDrawn: read => ({
    id: hexOf(read('id')),
    round: Number(read('round')),
    seats: unpackSeats([...(read('seats') as Iterable<bigint>)], Number(read('jurors'))),
    until: Number(read('until'))
  }),
  VoteCommitted: read => ({
    id: hexOf(read('id')),
    position: Number(read('position')),
    commitment: hexOf(read('commitment'))
  }),
  VoteRevealed: read => ({ id: hexOf(read('id')), position: Number(read('position')), vote: hexOf(read('vote')) }),
  CaseRuled: read => ({
    id: hexOf(read('id')),
    round: Number(read('round')),
    ruling: CASE_RULINGS[Number(read('ruling'))],
    pot: Number(read('pot')),
    until: Number(read('until'))
  }),
  CaseAppealed: read => ({
    id: hexOf(read('id')),
    appellant: hexOf(read('appellant')),
    round: Number(read('round')),
    target: Number(read('target')),
    until: Number(read('until'))
  }),
  CaseClosed: read => ({
    id: hexOf(read('id')),
    outcome: CASE_OUTCOMES[Number(read('outcome'))],
    awarded: weiOf(read('awarded')),
    credited: weiOf(read('credited'))
  })
})

function factsOf(given: Record<string, unknown>): CaseFacts {
  const hex = (name: string) => hexOf(given[name])
  return {
    kind: CASE_KINDS[Number(given.kind)]!,
    plaintiff: hex('plaintiff'),
    provider: hex('provider'),
    channel: hex('channel') as CaseFacts['channel'],
    agreement: hex('agreement') as CaseFacts['agreement'],
    truth: hex('truth'),
    amount: weiOf(given.amount),
    alreadyPaid: weiOf(given.alreadyPaid),
    cumulative: weiOf(given.cumulative),
    commitment: hex('commitment'),
    dataRoot: hex('dataRoot'),
    dataChunks: Number(given.dataChunks)
  }
}

/** Whether an event is about a case, and not about somebody's balance or seat. */
export function isCaseEvent(event: CourtEvent): event is PlacedCaseEvent {
  return 'id' in event
}

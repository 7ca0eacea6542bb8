import type { ChannelId } from '@archipel/protocol'
import { backoffMs } from './backoff.ts'
import { choose } from './choose.ts'
import {
  BATCH_MAX,
  type Flight,
  type Lane,
  LIMITS,
  type Moment,
  type RedeemEffect,
  type RedeemEvent,
  type RedeemFault,
  type RedeemRules,
  type RedeemState,
  type Trouble
} from './state.ts'

export interface RedeemStep {
  readonly state: RedeemState
  readonly effects: readonly RedeemEffect[]
}

/**
 * What a provider does about vouchers that are not redeemed. Pure. Nothing in the state has to survive a crash: what is to
 * be redeemed is in the books, and what was redeemed is on the chain. So a transaction whose fate nobody knows is neither
 * counted nor forgotten; the channel is read, and what is still missing is redeemed again.
 */
export function stepRedeem(state: RedeemState, event: RedeemEvent, rules: RedeemRules, now: Moment): RedeemStep {
  switch (event.type) {
    case 'looked': {
      const known = new Set(event.candidates.map(({ id }) => id))
      const current = { ...state, troubles: keep(state.troubles, ({ 0: id }) => known.has(id)) }
      return send(current, choose(current, event.candidates, event.feePerGasWei, rules, now))
    }
    case 'mined':
      return mined(state, event, now)
    case 'failed':
      return failed(state, event.flight, event.fault, now)
    case 'stopping':
      // Everything gets one more chance, and no more than the usual ones after it.
      return {
        state: { ...state, isStopping: true, pauses: { ordinary: OPEN, urgent: OPEN }, troubles: woken(state) },
        effects: []
      }
  }
}

function send(state: RedeemState, chosen: readonly Flight[]): RedeemStep {
  const flights = new Map(state.flights)
  const effects: RedeemEffect[] = []
  let next = state.nextFlight
  for (const flight of chosen) {
    flights.set(next, flight)
    effects.push({ type: 'redeem', flight: next++, ...flight })
  }
  return { state: { ...state, flights, nextFlight: next }, effects }
}

function mined(
  state: RedeemState,
  { flight, paid, feeWei, skipped }: Extract<RedeemEvent, { type: 'mined' }>,
  now: Moment
): RedeemStep {
  const landed = state.flights.get(flight)
  if (landed === undefined) return { state, effects: [] }
  const { lane, ids } = landed
  const left = new Set(skipped)
  const troubles = new Map(state.troubles)
  for (const id of ids) {
    if (left.has(id)) troubles.set(id, worse(troubles.get(id), lane, now, 1))
    else troubles.set(id, { failures: 0, sinceMs: now.ms, notBeforeMs: now.ms + LIMITS.COOL_MS, companyMax: BATCH_MAX })
  }
  const { transactions, failures } = state.figures
  return {
    state: {
      ...without(state, flight),
      troubles,
      // Both lanes pay at the same chain: that one came through says that the other can, too.
      pauses: { ordinary: OPEN, urgent: OPEN },
      figures: {
        transactions: transactions + 1,
        paid: state.figures.paid + paid,
        feeWei: state.figures.feeWei + feeWei,
        failures
      }
    },
    effects: [{ type: 'read', ids }]
  }
}

function failed(state: RedeemState, flight: number, fault: RedeemFault, now: Moment): RedeemStep {
  const lost = state.flights.get(flight)
  if (lost === undefined) return { state, effects: [] }
  const { lane, ids } = lost
  const figures = { ...state.figures, failures: state.figures.failures + 1 }
  const rest = { ...without(state, flight), figures }
  switch (fault) {
    case 'chain':
    case 'fee':
      return { state: paused(rest, lane, now), effects: [] }
    case 'unknown':
      // It may still be mined. Both are needed: to know what is missing, and not to send more into the same jam.
      return { state: paused(trouble(rest, ids, lane, now), lane, now), effects: [{ type: 'read', ids }] }
    case 'nothing':
      return { state: trouble(rest, ids, lane, now), effects: [{ type: 'read', ids }] }
    case 'batch':
      return ids.length === 1
        ? { state: trouble(rest, ids, lane, now, 1), effects: [{ type: 'read', ids }] }
        : { state: split(rest, ids, now), effects: [] }
  }
}

/** Each half goes on its own, at once: within a few rounds a bad channel is alone. */
function split(state: RedeemState, ids: readonly ChannelId[], now: Moment): RedeemState {
  const companyMax = Math.ceil(ids.length / 2)
  const troubles = new Map(state.troubles)
  for (const id of ids) {
    troubles.set(id, { failures: troubles.get(id)?.failures ?? 0, sinceMs: now.ms, notBeforeMs: now.ms, companyMax })
  }
  return { ...state, troubles }
}

function trouble(
  state: RedeemState,
  ids: readonly ChannelId[],
  lane: Lane,
  now: Moment,
  companyMax?: number
): RedeemState {
  const troubles = new Map(state.troubles)
  for (const id of ids) troubles.set(id, worse(troubles.get(id), lane, now, companyMax))
  return { ...state, troubles }
}

function worse(before: Trouble | undefined, lane: Lane, now: Moment, companyMax?: number): Trouble {
  const failures = (before?.failures ?? 0) + 1
  return {
    failures,
    sinceMs: now.ms,
    notBeforeMs: now.ms + backoffMs(failures, LIMITS.TROUBLE_MS[lane], now.random),
    companyMax: companyMax ?? before?.companyMax ?? BATCH_MAX
  }
}

function paused(state: RedeemState, lane: Lane, now: Moment): RedeemState {
  const failures = state.pauses[lane].failures + 1
  const untilMs = now.ms + backoffMs(failures, LIMITS.PAUSE_MS[lane], now.random)
  return { ...state, pauses: { ...state.pauses, [lane]: { failures, untilMs } } }
}

function woken({ troubles }: RedeemState): RedeemState['troubles'] {
  return new Map([...troubles].map(([id, one]) => [id, { ...one, notBeforeMs: 0 }]))
}

function without(state: RedeemState, flight: number): RedeemState {
  return { ...state, flights: keep(state.flights, ([id]) => id !== flight) }
}

function keep<K, V>(map: ReadonlyMap<K, V>, wanted: (entry: [K, V]) => boolean): ReadonlyMap<K, V> {
  return new Map([...map].filter(wanted))
}

const OPEN = { failures: 0, untilMs: 0 }

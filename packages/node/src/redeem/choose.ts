import type { ChannelId } from '@archipel/protocol'
import { type Economy, feePerGasMax, isWorth, isWorthAdding } from './economy.ts'
import {
  BATCH_MAX,
  type Candidate,
  FLIGHTS_MAX,
  type Flight,
  type Lane,
  LIMITS,
  type Moment,
  type RedeemRules,
  type RedeemState
} from './state.ts'

/** Which transactions to send now. Pure; the most pressing first. */
export function choose(
  state: RedeemState,
  candidates: readonly Candidate[],
  feePerGasWei: bigint | undefined,
  rules: RedeemRules,
  now: Moment
): Flight[] {
  const flying = { urgent: new Set<ChannelId>(), ordinary: new Set<ChannelId>() }
  const room = { ...FLIGHTS_MAX }
  for (const { lane, ids } of state.flights.values()) {
    room[lane]--
    for (const id of ids) flying[lane].add(id)
  }
  const isReady = ({ id }: Candidate) => (state.troubles.get(id)?.notBeforeMs ?? 0) <= now.ms
  // It may have been left alone for an hour before its payer asked to close it.
  const isReadyToClose = (one: Candidate) =>
    isReady(one) || (state.troubles.get(one.id)?.sinceMs ?? 0) + LIMITS.TROUBLE_MS.urgent.maxMs <= now.ms
  const isOpen = (lane: Lane) => state.pauses[lane].untilMs <= now.ms

  // One that is on its way in an ordinary transaction, which may take for ever, goes again: what pays nothing costs nothing.
  const closing = candidates.filter(one => one.closeAt !== 0 && isReadyToClose(one) && !flying.urgent.has(one.id))
  const urgent = isOpen('urgent') ? batchesOf(closing, state).sort((a, b) => firstClose(a) - firstClose(b)) : []

  const isAnyCostFine = state.isStopping && rules.atStop === 'all'
  const others = candidates.filter(
    ({ id, closeAt }) => closeAt === 0 && !flying.ordinary.has(id) && !flying.urgent.has(id)
  )
  return [
    ...urgent.slice(0, Math.max(0, room.urgent)).map(flightOf('urgent', undefined)),
    ...ordinary()
      .slice(0, Math.max(0, room.ordinary))
      .map(flightOf('ordinary', isAnyCostFine ? undefined : rules))
  ]

  function ordinary(): Candidate[][] {
    if (!isOpen('ordinary')) return []
    if (state.isStopping) {
      // The last chance: thresholds no longer count.
      if (rules.atStop === 'nothing') return []
      const all = batchesOf(others.filter(isReady), state)
      return rules.atStop === 'all' ? all : all.flatMap(batch => worthwhile(batch, () => true, feePerGasWei, rules))
    }
    const isDue = ({ payable, dueSince }: Candidate) =>
      payable >= rules.amountMin || now.sec - dueSince >= rules.ageSecMax
    return batchesOf(others.filter(isReady), state, isDue)
      .flatMap(batch => worthwhile(batch, isDue, feePerGasWei, rules))
      .sort((a, b) => Number(sum(b) > sum(a)) - Number(sum(b) < sum(a)))
  }
}

/** The part of a batch that is worth its fee, if there is one: none, or one. */
function worthwhile(
  batch: readonly Candidate[],
  isDue: (candidate: Candidate) => boolean,
  feePerGasWei: bigint | undefined,
  rules: RedeemRules
): Candidate[][] {
  if (!batch.some(isDue)) return []
  // Costs that are not weighed hold up nothing, and draw nothing along that is not due.
  if (rules.coinPrice === undefined) return [batch.filter(isDue)]
  // They are to be weighed, and cannot be: patience costs less.
  if (feePerGasWei === undefined) return []
  const kept = batch.filter(({ payable }) => isWorthAdding(payable, feePerGasWei, rules))
  return kept.some(isDue) && isWorth(sum(kept), kept.length, feePerGasWei, rules) ? [kept] : []
}

/**
 * Groups candidates into what one transaction can take: one token, payee and arbiter, and for channels of batches that
 * failed no more company than they may have.
 *
 * @param first those that have to be in; others fill up what room is left
 */
function batchesOf(
  candidates: readonly Candidate[],
  { troubles }: RedeemState,
  first: (candidate: Candidate) => boolean = () => true
): Candidate[][] {
  const groups = new Map<string, Candidate[]>()
  for (const candidate of candidates) {
    const key = `${troubles.get(candidate.id)?.companyMax ?? BATCH_MAX}/${candidate.parties}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [candidate])
    else group.push(candidate)
  }
  return [...groups].flatMap(([key, group]) => {
    const size = Math.min(BATCH_MAX, Number.parseInt(key, 10))
    const sorted = group.sort(
      (a, b) =>
        Number(first(b)) - Number(first(a)) ||
        closeOf(a) - closeOf(b) ||
        Number(b.payable > a.payable) - Number(b.payable < a.payable)
    )
    return Array.from({ length: Math.ceil(sorted.length / size) }, (_, at) => sorted.slice(at * size, (at + 1) * size))
  })
}

const flightOf =
  (lane: Lane, economy: Economy | undefined) =>
  (batch: readonly Candidate[]): Flight => ({
    lane,
    ids: batch.map(({ id }) => id),
    feePerGasMaxWei: economy === undefined ? undefined : feePerGasMax(sum(batch), batch.length, economy)
  })

const closeOf = ({ closeAt }: Candidate): number => (closeAt === 0 ? Number.MAX_SAFE_INTEGER : closeAt)
const firstClose = (batch: readonly Candidate[]): number => Math.min(...batch.map(closeOf))
const sum = (batch: readonly Candidate[]): bigint => batch.reduce((total, { payable }) => total + payable, 0n)

import type { ChannelId } from '@archipel/protocol'
import {
  type Candidate,
  INITIAL_STATE,
  type Moment,
  type RedeemEffect,
  type RedeemEvent,
  type RedeemFault,
  type RedeemRules,
  type RedeemState
} from '../../src/redeem/state.ts'
import { stepRedeem } from '../../src/redeem/step.ts'

export const RULES: RedeemRules = {
  amountMin: 100n,
  ageSecMax: 3600,
  coinPrice: undefined,
  feeShareMax: 0.1,
  atStop: 'all'
}
export const NOW_SEC = 1_800_000_000
export const GWEI = 10n ** 9n
export const COIN = 10n ** 18n

export const candidate = (n: number, over: Partial<Candidate> = {}): Candidate => ({
  id: `0x${n}` as ChannelId,
  parties: 'a',
  payable: 100n,
  dueSince: NOW_SEC,
  closeAt: 0,
  ...over
})
export const some = (count: number, over: Partial<Candidate> = {}) =>
  Array.from({ length: count }, (_, n) => candidate(n, over))
const at = (ms: number): Moment => ({ ms, sec: NOW_SEC + Math.floor(ms / 1000), random: 1 })

/** A run of the machine by hand. */
export function machine(rules: Partial<RedeemRules> = {}) {
  let state: RedeemState = INITIAL_STATE
  let ms = 0
  const apply = (event: RedeemEvent): readonly RedeemEffect[] => {
    const step = stepRedeem(state, event, { ...RULES, ...rules }, at(ms))
    state = step.state
    return step.effects
  }
  return {
    get state() {
      return state
    },
    wait: (more: number) => {
      ms += more
    },
    apply,
    look: (candidates: readonly Candidate[], feePerGasWei?: bigint) =>
      apply({ type: 'looked', candidates, feePerGasWei }).filter(effect => effect.type === 'redeem'),
    fail: (flight: number, fault: RedeemFault) => apply({ type: 'failed', flight, fault }),
    mine: (flight: number, skipped: ChannelId[] = []) =>
      apply({ type: 'mined', flight, paid: 100n, feeWei: 7n, skipped })
  }
}

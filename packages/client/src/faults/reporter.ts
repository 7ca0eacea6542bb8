import { type Address, equivocator, isCodedError, sameHex, type UnixSec, type Wei } from '@archipel/protocol'
import type { Bonds, FaultSlash } from '../chain/index.ts'
import type { CallOptions } from '../client.ts'
import { failpoint } from '../failpoint.ts'
import { delay } from '../net/wait.ts'
import type { FaultRecord, Passed, SlashRecord } from './fault.ts'
import { type FaultFacts, feePerGasMax, isWorth, type Judgement, judge, type ReportRules } from './judge.ts'
import { FAULT_WATCH_SEC, SLASHES_MAX, UNMINED_WAIT_MS } from './limits.ts'

/** Looks at one fault on chain, and reports it if that is worth it. */
export interface Reporter {
  /**
   * @returns the fault as it is now; the same object where nothing is new
   * @throws CodedError what the chain's questions and transactions throw; all of it can be tried again
   */
  look(fault: FaultRecord, options: CallOptions): Promise<FaultRecord>
}

export interface ReporterInit {
  bonds: Bonds
  /** Who reports, and whose transactions and compensations count as ours. */
  me: Address
  rules: ReportRules
  /** Block of the contracts' deployment. */
  deployedAt: number
  /** Transactions of ours that are under way, as the chain has them. */
  unminedCount: (options: CallOptions) => Promise<number>
  nowSec: () => UnixSec
}

const UNMINED_POLL_MS = 250

/** A transaction says by its hash who sent it, and so what it paid. */
const placeOf = ({ transaction }: FaultSlash): string => transaction

export function createReporter(init: ReporterInit): Reporter {
  const { bonds, me, rules, deployedAt, unminedCount, nowSec } = init
  let isFirst = true

  async function factsOf({ id, proof }: FaultRecord, options: CallOptions): Promise<FaultFacts> {
    const owner = await bonds.ownerOf(equivocator(proof), options)
    if (owner === undefined) return { owner, amount: 0n, exposed: 0n, punished: false, compensated: 0n }
    const [{ amount }, exposed, state] = await Promise.all([
      bonds.bondOf(owner, options),
      bonds.exposedOf(owner, options),
      bonds.faultOf(id, options)
    ])
    return { owner, amount, exposed, ...state }
  }

  /** The fault with what the chain says of it now, by whomever; the same object where that is nothing new. */
  async function withSlashes(fault: FaultRecord, facts: FaultFacts, options: CallOptions): Promise<FaultRecord> {
    const { punished, compensated } = facts
    const isNews = fault.punished !== punished || fault.compensated !== compensated
    // A re-organisation may put somebody else's transaction in the place of ours, with the same outcome.
    const isFresh = fault.slashes.length > 0 && nowSec() - fault.changedAt <= FAULT_WATCH_SEC
    if (!isNews && !isFresh) return fault
    const found = (await bonds.slashesOf(fault.id, { fromBlock: deployedAt }, options)).slice(-SLASHES_MAX)
    if (!isNews && found.map(placeOf).join() === fault.slashes.map(placeOf).join()) return fault
    const slashes = await Promise.all(found.map(slash => withFee(slash, options)))
    return { ...fault, punished, compensated, slashes, changedAt: nowSec() }
  }

  async function withFee(slash: FaultSlash, options: CallOptions): Promise<SlashRecord> {
    if (!sameHex(slash.reporter, me)) return slash
    const feeWei = await bonds.feeOf(slash.transaction, options)
    return feeWei === undefined ? slash : { ...slash, feeWei }
  }

  function withPassed(fault: FaultRecord, passed: Passed | undefined): FaultRecord {
    if (fault.passed === passed) return fault
    const { passed: _, ...rest } = fault
    return { ...rest, changedAt: nowSec(), ...(passed === undefined ? {} : { passed }) }
  }

  /**
   * A report of an earlier process may be on its way: a second one would come too late, and cost its fee for nothing. Once
   * for each process, before it sends its own.
   *
   * @returns whether there was anything to wait for
   */
  async function untilMined({ signal }: CallOptions): Promise<boolean> {
    if (!isFirst) return false
    const endMs = performance.now() + UNMINED_WAIT_MS
    let polls = 0
    while ((await unminedCount({ signal })) > 0 && performance.now() < endMs) {
      polls++
      await delay(UNMINED_POLL_MS, signal)
    }
    isFirst = false
    return polls > 0
  }

  async function report(fault: FaultRecord, gain: Wei, options: CallOptions): Promise<FaultRecord> {
    const { proof, harm } = fault
    try {
      const { gas, costWei } = await bonds.slashCost(proof, { harm, ...options })
      if (!isWorth(gain, costWei, rules)) return withPassed(fault, 'dear')
      const fees = { maxFeePerGas: feePerGasMax(gain, gas, rules), whenAbove: 'fail' } as const
      failpoint('fault.report.before')
      await bonds.slashEquivocation(proof, { harm, fees, ...options })
      failpoint('fault.report.mined')
    } catch (err) {
      if (!isCodedError(err)) throw err
      if (err.code === 'E_FEE_CEILING') return withPassed(fault, 'dear')
      // Somebody else was faster, which may have cost us a fee.
      if (err.code !== 'E_FAULT_PUNISHED' && err.code !== 'E_BOND_TOO_SMALL') throw err
      const { feeWei } = err.facts
      if (typeof feeWei === 'bigint') {
        return withPassed({ ...fault, wastedWei: fault.wastedWei + feeWei, changedAt: nowSec() }, undefined)
      }
    }
    return withPassed(fault, undefined)
  }

  async function read(fault: FaultRecord, options: CallOptions): Promise<[fault: FaultRecord, judgement: Judgement]> {
    const facts = await factsOf(fault, options)
    const seen = await withSlashes(fault, facts, options)
    return [seen, judge(seen, facts, me, rules)]
  }

  return {
    async look(fault, options) {
      let [seen, judgement] = await read(fault, options)
      if (judgement.type === 'report' && (await untilMined(options))) [seen, judgement] = await read(seen, options)
      if (judgement.type === 'report') {
        const reported = await report(seen, judgement.gain, options)
        if (reported.passed === 'dear') return reported
        ;[seen, judgement] = await read(reported, options)
      }
      return withPassed(seen, judgement.type === 'pass' ? judgement.why : undefined)
    }
  }
}

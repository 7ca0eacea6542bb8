import { equivocator, sameHex, type UnixSec } from '@archipel/protocol'
import { type Evidence, type FaultRecord, owedOf } from './fault.ts'
import { FAULTS_MAX, FAULTS_PER_HOUR_MAX, FAULTS_PER_KEY_MAX } from './limits.ts'

const HOUR_SEC = 3600

/** Whether there is room for one more fault, and which one makes it. */
export type Room = { readonly type: 'free'; readonly instead: FaultRecord | undefined } | { readonly type: 'full' }

/**
 * Strangers can contradict themselves as often as they like. What they fill is bounded for each key and in all, and never
 * takes the place of what we were harmed by ourselves.
 */
export function roomFor(evidence: Evidence, records: readonly FaultRecord[], nowSec: UnixSec): Room {
  if (evidence.harm === undefined) {
    const late = records.filter(({ harm, foundAt }) => harm === undefined && foundAt > nowSec - HOUR_SEC)
    if (late.length >= FAULTS_PER_HOUR_MAX) return { type: 'full' }
  }
  const key = equivocator(evidence.proof)
  const ofKey = records.filter(({ proof, harm }) => harm === undefined && sameHex(equivocator(proof), key))
  if (evidence.harm === undefined && ofKey.length >= FAULTS_PER_KEY_MAX) return inPlaceOf(ofKey.filter(isIdle))
  if (records.length < FAULTS_MAX) return { type: 'free', instead: undefined }
  const idle = records.filter(isIdle)
  if (idle.length > 0 || evidence.harm === undefined) return inPlaceOf(idle)
  return inPlaceOf(records.filter(({ harm }) => harm === undefined))
}

/** There is nothing to do about it, as far as one can see now, and nothing that is owed to us. */
function isIdle(fault: FaultRecord): boolean {
  if (owedOf(fault) > 0n) return false
  return fault.punished || fault.passed === 'unbacked' || fault.passed === 'empty'
}

function inPlaceOf(candidates: readonly FaultRecord[]): Room {
  if (candidates.length === 0) return { type: 'full' }
  return { type: 'free', instead: candidates.reduce((oldest, one) => (one.foundAt < oldest.foundAt ? one : oldest)) }
}

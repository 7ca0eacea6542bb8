import { balanceOf, type FaultRecord, owedOf, type Passed, stateOf } from '@archipel/client'
import { type Address, encode, equivocator, signedOfferType, signedReceiptType } from '@archipel/protocol'
import { clockText } from '../escrow/words.ts'
import { commandId, roundAmount, shortId } from '../run/words.ts'

const WHY: Readonly<Record<Passed, string>> = {
  unbacked: 'nobody answers for its key',
  empty: 'nothing of its bond can be taken',
  dear: 'a report costs more than it brings',
  off: 'your configuration says never'
}

/** What has come of a fault, in a few words. */
export function stateText(fault: FaultRecord, me: Address): string {
  const { passed } = fault
  const why = passed === undefined ? '' : WHY[passed]
  switch (stateOf(fault, me)) {
    case 'found':
      return 'found'
    case 'not-worth':
      return `not worth it: ${why}`
    case 'punished':
      return 'punished, reported by others'
    case 'reported':
      return owedOf(fault) > 0n ? `reported; for the rest, ${why || 'the bond is looked at again'}` : 'reported'
    case 'compensated':
      return 'compensated'
  }
}

/** A line about a fault for somebody who is in the middle of something else. */
export function faultLine(fault: FaultRecord, me: Address): string {
  const { compensation, reward } = balanceOf(fault, me)
  const what = fault.proof.kind === 'receipts' ? 'two receipts with one number' : 'two offers with one sequence'
  const gain = compensation + reward
  const brought = gain === 0n ? '' : `; ${roundAmount(gain)} tokens are yours: archipel bond collect`
  return `Provider ${shortId(equivocator(fault.proof))} signed ${what}: ${stateText(fault, me)}${brought}`
}

/** A fault for programs: everything, with the proof as it was signed, for whoever wants to show it to others. */
export function faultJson(fault: FaultRecord, me: Address): Record<string, unknown> {
  const { id, proof, harm, foundAt, changedAt, punished, compensated, slashes, passed } = fault
  const { compensation, reward, feeWei } = balanceOf(fault, me)
  return {
    id,
    provider: equivocator(proof),
    statements: proof.kind,
    state: stateOf(fault, me),
    why: passed ?? null,
    foundAt,
    changedAt,
    punished,
    compensated,
    owed: owedOf(fault),
    compensation,
    reward,
    feeWei,
    transactions: slashes.map(({ feeWei: fee, ...slash }) => ({ ...slash, feeWei: fee ?? null })),
    proof: bytesOf(proof),
    harm: harm ?? null
  }
}

function bytesOf(proof: FaultRecord['proof']): { first: Uint8Array; second: Uint8Array } {
  if (proof.kind === 'receipts') {
    return { first: encode(signedReceiptType, proof.first), second: encode(signedReceiptType, proof.second) }
  }
  return { first: encode(signedOfferType, proof.first), second: encode(signedOfferType, proof.second) }
}

export const foundText = ({ foundAt }: FaultRecord): string => clockText(foundAt)
export const faultId = ({ id }: FaultRecord): string => commandId(id)

import { answerChunk, assert, type CaseAction, type CaseStory, type Hash, secretChain, toHex } from '@archipel/protocol'
import type { Court, PaidReceipt, SendOptions, TxReceipt } from '../chain/index.ts'
import type { DisputeRecord } from './record.ts'

/** What it takes from one of the two parties to act. */
export interface DisputeHands {
  /** What was delivered; undefined when it is not here. */
  data(record: DisputeRecord): Promise<Uint8Array | undefined>
  /** Shows that it was paid already; undefined when nothing does. */
  rebuttal(record: DisputeRecord, story: CaseStory): Promise<PaidReceipt | undefined>
  /** Redeems our own newest voucher on the channel, to its payee. */
  redeem(record: DisputeRecord, options: SendOptions): Promise<TxReceipt>
}

export type ActingCourt = Pick<
  Court,
  | 'closePaid'
  | 'rebutPaid'
  | 'demandData'
  | 'answerData'
  | 'challenge'
  | 'pin'
  | 'revealSecrets'
  | 'tally'
  | 'appeal'
  | 'finalise'
>

/** Sends what was decided on. @returns undefined when it turns out that there is nothing to show */
export async function carryOut(
  court: ActingCourt,
  hands: DisputeHands,
  record: DisputeRecord,
  story: CaseStory,
  action: CaseAction,
  options: SendOptions
): Promise<TxReceipt | undefined> {
  const { channel: key } = record
  switch (action.type) {
    case 'closePaid':
      return court.closePaid(story, key, options)
    case 'rebutPaid': {
      const paid = await hands.rebuttal(record, story)
      return paid && court.rebutPaid(story, key, paid, options)
    }
    case 'redeem':
      return hands.redeem(record, options)
    case 'demandData':
      return court.demandData(story, key, chunkFor(story), options)
    case 'answerData': {
      const data = await hands.data(record)
      return data && court.answerData(story, answerChunk(data, action.chunk), options)
    }
    case 'challenge':
      return court.challenge(story, key, secretChain(seedOf(record)).anchor, options)
    case 'pin':
      return court.pin(story, options)
    case 'showSecret': {
      const secret = secretChain(seedOf(record)).secrets[story.state.round]
      return court.revealSecrets(story, { [record.side]: secret }, options)
    }
    case 'tally':
      return court.tally(story, options)
    case 'appeal':
      return court.appeal(story, options)
    case 'finalise':
      return court.finalise(story, key, options)
  }
}

/** 32 random bytes. */
export function randomHash(): Hash {
  return toHex(crypto.getRandomValues(new Uint8Array(32)))
}

function seedOf({ id, seed }: DisputeRecord): Hash {
  assert(seed !== undefined, `a secret of case ${id} was stored before its anchor was told`)
  return seed
}

/** Any of them: a claimant that knew which one is asked for could keep that one alone. */
function chunkFor({ facts }: CaseStory): number {
  return Number(BigInt(randomHash()) % BigInt(facts.dataChunks))
}

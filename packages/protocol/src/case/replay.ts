import { CodedError } from '../errors.ts'
import {
  type Address,
  type ChannelId,
  type Hash,
  sameHex,
  type UnixSec,
  type Wei,
  ZERO_ADDRESS,
  ZERO_HASH
} from '../primitives/hex.ts'
import type { CaseVote } from './ballots.ts'
import { type CaseFacts, idOfCase } from './case.ts'
import { COURT_RULES, stakeQuanta } from './rules.ts'
import { type CaseOutcome, type CaseRuling, type CaseState, NO_FLAGS, NO_STATE, outcomeOf } from './stage.ts'

/** What the court tells of one case. Each says what changed; none says all. */
export type CaseEvent = { readonly id: Hash } & (
  | {
      readonly name: 'CaseOpened'
      readonly channel: ChannelId
      readonly plaintiff: Address
      readonly facts: CaseFacts
      readonly anchor: Hash
      readonly until: UnixSec
    }
  | {
      readonly name: 'DataDemanded'
      readonly demander: Address
      readonly chunk: number
      readonly dataUntil: UnixSec
      readonly until: UnixSec
    }
  | { readonly name: 'DataAnswered'; readonly chunk: number; readonly data: Uint8Array }
  | {
      readonly name: 'CaseChallenged'
      readonly defendant: Address
      readonly anchor: Hash
      readonly target: number
      readonly seatCount: number
      readonly until: UnixSec
    }
  | { readonly name: 'DrawHashPinned'; readonly round: number; readonly drawHash: Hash }
  | { readonly name: 'DrawPostponed'; readonly round: number; readonly target: number }
  /** Zero for a secret that was not shown now. */
  | {
      readonly name: 'SecretsRevealed'
      readonly round: number
      readonly plaintiffSecret: Hash
      readonly defendantSecret: Hash
      readonly drawHash: Hash
    }
  | { readonly name: 'JuryDrawn'; readonly round: number; readonly seats: readonly number[]; readonly until: UnixSec }
  | { readonly name: 'VoteCommitted'; readonly position: number; readonly commitment: Hash }
  | { readonly name: 'VoteRevealed'; readonly position: number; readonly vote: Hash }
  | {
      readonly name: 'CaseRuled'
      readonly round: number
      readonly ruling: CaseRuling
      readonly pot: number
      readonly until: UnixSec
    }
  | {
      readonly name: 'CaseAppealed'
      readonly appellant: Address
      readonly round: number
      readonly target: number
      readonly until: UnixSec
    }
  | { readonly name: 'CaseClosed'; readonly outcome: CaseOutcome; readonly awarded: Wei; readonly credited: Wei }
)

/** A case as its events tell it. */
export interface CaseStory {
  readonly id: Hash
  readonly facts: CaseFacts
  /** As it stands; as it stood last, once it is over. Its `headOf` is what the court remembers while it runs. */
  readonly state: CaseState
  /** Of the running round, in the order in which they were committed. */
  readonly votes: readonly CaseVote[]
  readonly outcome: CaseOutcome
  /** What it came to, and how much less was due because it had been paid; zero while it runs. */
  readonly awarded: Wei
  readonly credited: Wei
}

/**
 * Rebuilds a case from its events.
 *
 * @param events all of one case, in the order of the chain
 * @returns undefined for none
 * @throws CodedError E_CASE_EVENTS when they are not the events of one case, from its beginning
 */
export function replayCase(events: readonly CaseEvent[]): CaseStory | undefined {
  return events.reduce<CaseStory | undefined>(advanceCase, undefined)
}

/** The case after one more event; undefined for one that has not begun. */
export function advanceCase(story: CaseStory | undefined, event: CaseEvent): CaseStory {
  if (event.name === 'CaseOpened') {
    if (story !== undefined || !sameHex(idOfCase(event.facts), event.id)) throw broken(story, event)
    return opened(event)
  }
  if (story === undefined || story.outcome !== 'none' || !sameHex(story.id, event.id)) throw broken(story, event)
  switch (event.name) {
    case 'VoteCommitted':
      return { ...story, votes: [...story.votes, { position: event.position, commitment: event.commitment }] }
    case 'VoteRevealed':
      return {
        ...story,
        votes: story.votes.map(vote => (vote.position === event.position ? shown(vote, event) : vote))
      }
    case 'CaseRuled':
      return { ...story, votes: [], state: nextState(story, event) }
    case 'CaseClosed': {
      const { outcome, awarded, credited } = event
      return { ...story, outcome, awarded, credited }
    }
    default:
      return { ...story, state: nextState(story, event) }
  }
}

function opened({ id, facts, anchor, until }: CaseEvent & { name: 'CaseOpened' }): CaseStory {
  const state = { ...NO_STATE, plaintiff: facts.plaintiff, plaintiffLink: anchor, pot: stakeQuanta(0), until }
  return { id, facts, state, votes: [], outcome: 'none', awarded: 0n, credited: 0n }
}

function shown(vote: CaseVote, { vote: truth }: CaseEvent & { name: 'VoteRevealed' }): CaseVote {
  return { ...vote, vote: truth }
}

type MovingEvent = Exclude<CaseEvent, { name: 'CaseOpened' | 'VoteCommitted' | 'VoteRevealed' | 'CaseClosed' }>

/** As the function of the contract that logs the event changes what it was given. */
function nextState({ facts, state }: CaseStory, event: MovingEvent): CaseState {
  switch (event.name) {
    case 'DataDemanded': {
      const { demander: defendant, chunk: target, dataUntil, until } = event
      const [demands, pot] = [state.demands + 1, state.pot + COURT_RULES.dataQuanta]
      return { ...state, phase: 'demanded', demands, pot, defendant, target, dataUntil, until }
    }
    case 'DataAnswered': {
      const pot = state.pot - COURT_RULES.dataQuanta
      return { ...state, phase: 'open', pot, defendant: ZERO_ADDRESS, target: 0, dataUntil: 0 }
    }
    case 'CaseChallenged':
      return challenged(state, event)
    case 'DrawHashPinned':
      return { ...state, drawHash: event.drawHash }
    case 'DrawPostponed':
      return { ...state, target: event.target }
    case 'SecretsRevealed':
      return secretsShown(state, event)
    case 'JuryDrawn': {
      const { seats, until } = event
      return { ...state, phase: 'voting', flags: NO_FLAGS, target: 0, drawHash: ZERO_HASH, seats, until }
    }
    case 'CaseRuled': {
      const { ruling, pot, until } = event
      return { ...state, phase: 'ruled', ruling, pot, until, seats: [] }
    }
    case 'CaseAppealed': {
      const { round, target, until } = event
      const byDefendant = outcomeOf(facts.kind, state.ruling) === 'upheld'
      const flags = { ...NO_FLAGS, plaintiffStaked: !byDefendant, defendantStaked: byDefendant }
      const pot = state.pot + stakeQuanta(round)
      return { ...state, phase: 'drawing', round, flags, pot, drawHash: ZERO_HASH, target, until }
    }
  }
}

function challenged(state: CaseState, event: CaseEvent & { name: 'CaseChallenged' }): CaseState {
  const { defendant, anchor: defendantLink, target, seatCount, until } = event
  const flags = { ...NO_FLAGS, plaintiffStaked: true, defendantStaked: true }
  const [pot, calledAt] = [state.pot + stakeQuanta(state.round), until - COURT_RULES.secretsSec]
  return { ...state, phase: 'drawing', flags, pot, calledAt, defendant, defendantLink, target, seatCount, until }
}

/** A party that answers an appeal stakes with its secret. */
function secretsShown(state: CaseState, event: CaseEvent & { name: 'SecretsRevealed' }): CaseState {
  const { plaintiffSecret, defendantSecret, drawHash } = event
  const byPlaintiff = plaintiffSecret !== ZERO_HASH
  const byDefendant = defendantSecret !== ZERO_HASH
  const { plaintiffRevealed, defendantRevealed, plaintiffStaked, defendantStaked } = state.flags
  const answers = [byPlaintiff && !plaintiffStaked, byDefendant && !defendantStaked].filter(Boolean).length
  return {
    ...state,
    drawHash,
    pot: state.pot + answers * stakeQuanta(state.round),
    plaintiffLink: byPlaintiff ? plaintiffSecret : state.plaintiffLink,
    defendantLink: byDefendant ? defendantSecret : state.defendantLink,
    flags: {
      plaintiffRevealed: plaintiffRevealed || byPlaintiff,
      defendantRevealed: defendantRevealed || byDefendant,
      plaintiffStaked: plaintiffStaked || byPlaintiff,
      defendantStaked: defendantStaked || byDefendant
    }
  }
}

function broken(story: CaseStory | undefined, { id, name }: CaseEvent): CodedError {
  return new CodedError('E_CASE_EVENTS', `${name} does not continue the case`, {
    facts: { id, name, before: story?.state.phase, outcome: story?.outcome },
    hint: 'ask for the events from the block on in which the case was opened'
  })
}

import { testHash } from '../../scripts/vector-files/keys.ts'
import {
  advanceCase,
  type CaseAction,
  type CaseEvent,
  type CaseFacts,
  type CaseOutcome,
  type CaseRuling,
  type CaseSide,
  type CaseStory,
  COURT_RULES,
  idOfCase,
  jurySize,
  outcomeOf,
  stakeQuanta,
  ZERO_HASH
} from '../../src/index.ts'
import { OPENED } from './standing.ts'

/** A court that refuses what the contract refuses, to be played against. Blocks come every twelve seconds. */
export interface ModelCourt {
  readonly story: CaseStory
  readonly nowSec: number
  readonly block: number
  /** What each side has staked, in quanta. */
  readonly staked: Readonly<Record<CaseSide, number>>
  pass(sec: number): void
  /** @throws Error as the contract reverts */
  act(side: CaseSide, action: CaseAction): void
  /** The whole jury votes at once, if one was drawn. */
  vote(ruling: CaseRuling): void
}

const BLOCK_SEC = 12
const HASHES_KEPT_BLOCKS = 256

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never

export function createModelCourt(facts: CaseFacts, seatCount: number): ModelCourt {
  const id = idOfCase(facts)
  const staked = { plaintiff: stakeQuanta(0), defendant: 0 }
  let nowSec = OPENED
  let story: CaseStory
  const block = () => 1_000 + Math.floor((nowSec - OPENED) / BLOCK_SEC)

  const emit = (event: WithoutId<CaseEvent>) => {
    story = advanceCase(story, { id, ...event } as CaseEvent)
  }
  story = advanceCase(undefined, {
    id,
    name: 'CaseOpened',
    channel: facts.channel,
    plaintiff: facts.plaintiff,
    facts,
    anchor: testHash('anchor'),
    until: OPENED + COURT_RULES.openSec
  })

  function close(outcome: CaseOutcome): void {
    emit({ name: 'CaseClosed', outcome, awarded: 0n, credited: 0n })
  }

  function rule(ruling: CaseRuling): void {
    const { round, pot } = story.state
    const until = nowSec + (round === COURT_RULES.roundLast ? 0 : COURT_RULES.appealSec)
    emit({ name: 'CaseRuled', round, ruling, pot, until })
  }

  function show(side: CaseSide): void {
    const { state } = story
    const isMine = side === 'plaintiff'
    need(nowSec <= state.until, 'TooLate')
    need(block() > state.target, 'BlockTooEarly')
    need(state.drawHash !== ZERO_HASH || block() - state.target <= HASHES_KEPT_BLOCKS, 'BlockHashGone')
    need(!state.flags[isMine ? 'plaintiffRevealed' : 'defendantRevealed'], 'SecretInvalid')
    if (!state.flags[isMine ? 'plaintiffStaked' : 'defendantStaked']) staked[side] += stakeQuanta(state.round)
    const secret = testHash(`${side} ${state.round}`)
    const drawHash = testHash('block')
    const { round } = state
    emit({
      name: 'SecretsRevealed',
      round,
      plaintiffSecret: isMine ? secret : ZERO_HASH,
      defendantSecret: isMine ? ZERO_HASH : secret,
      drawHash
    })
    const { plaintiffRevealed, defendantRevealed } = story.state.flags
    if (!plaintiffRevealed || !defendantRevealed) return
    const seats = Array.from({ length: Math.min(seatCount, jurySize(round)) }, (_, seat) => seat)
    emit({ name: 'JuryDrawn', round, seats, until: nowSec + COURT_RULES.commitSec })
  }

  function finalise(): void {
    const { phase, until, dataUntil, flags, ruling } = story.state
    need(nowSec > (phase === 'demanded' ? dataUntil : until), 'TooEarly')
    need(phase !== 'voting', 'PhaseWrong')
    if (phase === 'open') close('upheld')
    else if (phase === 'demanded') close('failed')
    else if (phase === 'drawing' && flags.plaintiffRevealed) close('upheld')
    else if (phase === 'drawing' && flags.defendantRevealed) close('failed')
    else close(outcomeOf(facts.kind, ruling))
  }

  return {
    get story() {
      return story
    },
    get nowSec() {
      return nowSec
    },
    get block() {
      return block()
    },
    staked,
    pass(sec) {
      nowSec += sec
    },
    act(side, action) {
      const { state } = story
      need(story.outcome === 'none', 'StageUnknown')
      const phaseIs = (...phases: string[]) => need(phases.includes(state.phase), 'PhaseWrong')
      switch (action.type) {
        case 'finalise':
          return finalise()
        case 'closePaid':
          phaseIs('open', 'demanded')
          return close('paid')
        case 'rebutPaid':
          phaseIs('open', 'demanded')
          return close('rebutted')
        case 'redeem':
          return
        case 'demandData':
          phaseIs('open')
          need(nowSec <= state.until && state.demands < COURT_RULES.demandsMax, 'TooLate')
          need(facts.dataChunks > 0, 'ChunkOutOfRange')
          staked[side] += COURT_RULES.dataQuanta
          return emit({
            name: 'DataDemanded',
            demander: facts.provider,
            chunk: 0,
            dataUntil: nowSec + COURT_RULES.dataSec,
            until: Math.max(state.until, nowSec + 2 * COURT_RULES.dataSec)
          })
        case 'answerData':
          phaseIs('demanded')
          need(nowSec <= state.dataUntil, 'TooLate')
          return emit({ name: 'DataAnswered', chunk: action.chunk, data: new Uint8Array(0) })
        case 'challenge':
          phaseIs('open')
          need(nowSec <= state.until, 'TooLate')
          staked[side] += stakeQuanta(0)
          return emit({
            name: 'CaseChallenged',
            defendant: facts.provider,
            anchor: testHash('other anchor'),
            target: block() + COURT_RULES.drawDelayBlocks,
            seatCount,
            until: nowSec + COURT_RULES.secretsSec
          })
        case 'pin':
          phaseIs('drawing')
          need(nowSec <= state.until && block() > state.target && state.drawHash === ZERO_HASH, 'AlreadyPinned')
          if (block() - state.target <= HASHES_KEPT_BLOCKS)
            return emit({ name: 'DrawHashPinned', round: state.round, drawHash: testHash('block') })
          return emit({
            name: 'DrawPostponed',
            round: state.round,
            target: block() + COURT_RULES.drawDelayBlocks
          })
        case 'showSecret':
          phaseIs('drawing')
          return show(side)
        case 'tally':
          phaseIs('voting')
          need(nowSec > state.until + COURT_RULES.revealSec, 'TooEarly')
          return rule('none')
        case 'appeal': {
          phaseIs('ruled')
          need(nowSec <= state.until && state.round < COURT_RULES.roundLast, 'AppealsUsedUp')
          need(nowSec + COURT_RULES.secretsSec <= state.calledAt + COURT_RULES.caseSecMax, 'AppealsUsedUp')
          need(
            side === (outcomeOf(facts.kind, state.ruling) === 'upheld' ? 'defendant' : 'plaintiff'),
            'CallerNotParty'
          )
          const round = state.round + 1
          staked[side] += stakeQuanta(round)
          return emit({
            name: 'CaseAppealed',
            appellant: facts.provider,
            round,
            target: block() + COURT_RULES.drawDelayBlocks,
            until: nowSec + COURT_RULES.secretsSec
          })
        }
      }
    },
    vote(ruling) {
      const { state } = story
      const isTime = nowSec <= state.until + COURT_RULES.revealSec
      if (story.outcome === 'none' && state.phase === 'voting' && isTime) rule(ruling)
    }
  }
}

function need(condition: boolean, error: string): void {
  if (!condition) throw new Error(error)
}

import { stakeQuanta } from '../case/rules.ts'
import { ZERO_HASH } from '../primitives/hex.ts'
import { CONTEST_GAS } from './policy.ts'
import { endFor, winnerOf } from './ruling.ts'
import { act, actDeeper, type CaseMove, type CaseStanding, isConvinced, leave, wait } from './standing.ts'

/** Every chain has the hashes of so many blocks… */
const HASHES_KEPT_BLOCKS = 256
/** …of which so many are left for a transaction to be mined in. */
const HASHES_SPARE_BLOCKS = 32

/** Both sides show their secrets, and a jury is drawn. Who keeps its secret back loses. */
export function nextInDraw(standing: CaseStanding): CaseMove {
  const { facts, state, side, nowSec, block } = standing
  const { plaintiffRevealed, defendantRevealed, plaintiffStaked, defendantStaked } = state.flags
  const isOver = nowSec > state.until
  if (isOver && plaintiffRevealed) return endFor('plaintiff', standing)
  if (isOver && defendantRevealed) return endFor('defendant', standing)
  if (isOver) return endFor(winnerOf(facts.kind, state.ruling), standing)

  const isShown = side === 'plaintiff' ? plaintiffRevealed : defendantRevealed
  if (isShown || nowSec === state.until) return wait('secret', state.until)
  if (state.drawHash === ZERO_HASH) {
    if (block <= state.target) return wait('block', state.until)
    // It may be too old to be had: what can be remembered of it is, or another one is named.
    const isOld = block > state.target + HASHES_KEPT_BLOCKS - HASHES_SPARE_BLOCKS
    if (isOld) return act({ type: 'pin' }, { bySec: state.until })
  }
  const isStaked = side === 'plaintiff' ? plaintiffStaked : defendantStaked
  if (isStaked) return act({ type: 'showSecret' }, { bySec: state.until })
  // The other side appealed, and the answer costs as much.
  if (!isConvinced(standing)) return leave('lost')
  const step = { quanta: stakeQuanta(state.round), gas: CONTEST_GAS, bySec: state.until }
  return actDeeper(standing, { type: 'showSecret' }, step)
}

import { testHash } from '../../scripts/vector-files/keys.ts'
import {
  type AgreementId,
  type CaseFacts,
  type CaseStanding,
  type CaseState,
  type ChannelId,
  type DisputePolicy,
  NO_STATE,
  stakeQuanta
} from '../../src/index.ts'

const alice = '0x00000000000000000000000000000000000000a1'
const bob = '0x00000000000000000000000000000000000000b0'

export const QUANTUM = 5n
export const OPENED = 1_800_000_000

export const POLICY: DisputePolicy = {
  isAutomatic: true,
  amountMin: 100n,
  stakeMax: QUANTUM * 112n,
  feeWeiMax: 10n ** 18n,
  coinPrice: undefined,
  feeShareMax: 0.5,
  graceSec: 3_600
}

export const CLAIM: CaseFacts = {
  kind: 'claim',
  plaintiff: bob,
  provider: bob,
  channel: testHash('channel') as ChannelId,
  agreement: testHash('agreement') as AgreementId,
  truth: testHash('truth'),
  amount: 1_000n,
  alreadyPaid: 0n,
  cumulative: 0n,
  commitment: testHash('commitment'),
  dataRoot: testHash('data'),
  dataChunks: 8
}
export const FAULT: CaseFacts = { ...CLAIM, kind: 'fault', plaintiff: alice, dataChunks: 0 }

/** A case that was just opened, as its plaintiff sees it, changed as a test needs it. */
export function standingOf({
  state = {},
  facts = {},
  evidence = {},
  policy = {},
  ...change
}: Partial<Omit<CaseStanding, 'state' | 'facts' | 'evidence' | 'policy'>> & {
  state?: Partial<CaseState>
  facts?: Partial<CaseFacts>
  evidence?: Partial<CaseStanding['evidence']>
  policy?: Partial<DisputePolicy>
}): CaseStanding {
  return {
    side: 'plaintiff',
    facts: { ...CLAIM, ...facts },
    state: { ...NO_STATE, plaintiff: bob, pot: stakeQuanta(0), until: OPENED + 172_800, ...state },
    credited: 0n,
    nowSec: OPENED,
    block: 1_000,
    evidence: { opinion: 'right', hasData: true, canRebut: false, canRedeem: false, ...evidence },
    atRisk: 1_000n,
    policy: { ...POLICY, ...policy },
    quantum: QUANTUM,
    quantumWorth: QUANTUM,
    staked: 0n,
    purse: 10n ** 6n,
    spentWei: 0n,
    feePerGasWei: 1n,
    ...change
  }
}

import { nodeFiles } from '../../config/folders.ts'
import { formatAmount } from '../../config/units/amount.ts'
import { askStatus } from '../../control/control-client.ts'
import { isolationLevel } from '../../executor/isolation.ts'
import type { ProviderStatus, SentStatus } from '../../provider.ts'
import { clockText } from '../escrow/words.ts'
import type { Invocation } from '../host.ts'
import { toPlain } from '../output/json.ts'
import { plural } from '../run/words.ts'

export async function showStatus({ context }: Invocation<object>): Promise<undefined> {
  const { control } = nodeFiles(await context.folder())
  const status = (await askStatus(control, { signal: context.signal })) as SentStatus
  const { jobs, earnings, redeem, disputes, chain, offer, faults } = status
  await context.output.answer({
    json: { ...status },
    names: () => [status.address],
    human: ({ fields }) =>
      fields([
        ['node', status.address],
        ['owner', status.owner],
        ['peer id', status.peerId],
        ['network', status.network],
        ['version', status.version],
        ['listens on', status.multiaddrs.join(', ')],
        ['peers', `${status.peers}: archipel node peers`],
        ['reachable', `${status.reachability.state}: ${status.reachability.reason}`],
        ['offers known', String(status.offersKnown)],
        ['own offer', offer === undefined ? 'none yet' : `number ${offer.sequence}, until ${clock(offer.expiresAt)}`],
        ['isolation', `${isolationLevel(status.isolation)}: ${status.isolation.join(', ') || 'none'}`],
        ['jobs', `${jobs.running} running, ${jobs.done} done, ${jobs.failed} failed`],
        ['earned', `${tokens(earnings.vouchered)} vouchered, ${tokens(earnings.redeemed)} redeemed`],
        ['waiting', waitingOf(redeem)],
        ...(disputes === undefined || disputes === null ? [] : [['in court', inCourt(disputes)] as const]),
        ...(Object.keys(faults).length === 0 ? [] : [['faults of others', faultsOf(faults)] as const]),
        ...(redeem.lastError === undefined ? [] : [['last trouble', troubleOf(redeem.lastError)] as const]),
        ['chain', chain.ok ? `block ${chain.blockNumber}` : `not reached: ${chain.error}`]
      ])
  })
}

/** For the line every half minute. */
export function summaryOf({ peers, offersKnown, jobs, earnings, chain }: ProviderStatus): Record<string, unknown> {
  return {
    peers,
    offers: offersKnown,
    running: jobs.running,
    done: jobs.done,
    failed: jobs.failed,
    vouchered: formatAmount(earnings.vouchered),
    redeemed: formatAmount(earnings.redeemed),
    block: chain.blockNumber ?? chain.error
  }
}

export function jsonOf(status: ProviderStatus): Record<string, unknown> {
  return toPlain(status) as Record<string, unknown>
}

function waitingOf({ waiting, atRisk, inFlight, pausedMs, transactions, feeWei }: SentStatus['redeem']): string {
  const parts = [`${tokens(waiting.amount)} on ${waiting.channels} channels`]
  if (atRisk.channels > 0) parts.push(`${tokens(atRisk.amount)} of it closing from ${clock(atRisk.firstCloseAt ?? 0)}`)
  if (inFlight > 0) parts.push(`${inFlight} transactions under way`)
  if (pausedMs > 0) parts.push(`next attempt in ${Math.ceil(pausedMs / 1000)} s`)
  return [...parts, `${transactions} sent so far for ${tokens(feeWei)} in fees`].join(', ')
}

/** `2 cases about 1.5, next until 12:00:00; 3 won so far for 0.01 in fees` */
function inCourt({ open, amount, won, spentWei, nextUntil, lastError }: NonNullable<SentStatus['disputes']>): string {
  const parts = [open === 0 ? 'no open case' : `${plural(open, 'open case')} about ${tokens(amount)}`]
  if (nextUntil !== undefined) parts.push(`next deadline ${clockText(nextUntil)}`)
  parts.push(`${tokens(won)} won so far for ${tokens(spentWei)} in fees`)
  if (lastError !== undefined) parts.push(`last trouble ${troubleOf(lastError)}`)
  return parts.join(', ')
}

const faultsOf = (faults: SentStatus['faults']): string =>
  `${Object.entries(faults)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ')}: archipel bond faults`
const troubleOf = ({ atSec, code, message }: { atSec: number; code: string; message: string }): string =>
  `${clock(atSec)} ${code}: ${message}`
const tokens = (amount: string): string => formatAmount(BigInt(amount))
const clock = (sec: number): string => new Date(sec * 1000).toISOString().slice(11, 19)

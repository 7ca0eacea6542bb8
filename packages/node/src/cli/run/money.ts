import type { Client, JobRecord } from '@archipel/client'
import { type Address, CodedError, type Hash, isCodedError, type Wei } from '@archipel/protocol'
import type { JobView } from '../progress/view.ts'
import { commandId, roundUpAmount, tokens } from './words.ts'

/** What a job that did not come to its end has cost. */
export interface MoneyState {
  readonly job: Hash | undefined
  readonly state: JobRecord['state'] | undefined
  readonly paid: Wei
  readonly replicas: readonly {
    readonly provider: Address
    readonly region: string
    readonly state: string
    readonly paid: Wei
  }[]
  /** Set aside in the channels of these providers and not promised to them: spendable by the next job. */
  readonly locked: Wei
}

/** From the books on disk, so that it is true also when the view missed the end. */
export async function readMoney(client: Client, view: JobView): Promise<MoneyState> {
  const record = view.job === undefined ? undefined : await client.job(view.job)
  const agreements = await Promise.all((record?.agreements ?? []).map(id => client.agreement(id)))
  const paidTo = new Map(
    agreements.flatMap(state => (state === undefined ? [] : [[state.offer.body.provider, state.paid]]))
  )
  const replicas = [...view.replicas.values()].map(({ provider, region, state, paid }) => {
    return { provider, region, state, paid: paidTo.get(provider) ?? paid }
  })
  const ids = new Set(agreements.map(state => state?.channel))
  const channels = (await client.channels()).filter(({ id }) => ids.has(id))
  return {
    job: record?.id,
    state: record?.state,
    paid: replicas.reduce((sum, { paid }) => sum + paid, 0n),
    replicas,
    locked: channels.reduce((sum, { deposit, cumulative }) => sum + deposit - cumulative, 0n)
  }
}

/** How the money stands, in lines for people: the least that somebody who was interrupted must know. */
export function moneyLines({ job, state, paid, replicas, locked }: MoneyState, symbol: string): string[] {
  if (job === undefined) return ['Nothing was agreed and nothing was paid.']
  return [
    `job ${job}: paid ${tokens(paid, symbol)}`,
    ...replicas.map(one => `  ${one.region}  ${one.provider}  ${one.state}, paid ${tokens(one.paid, symbol)}`),
    `  ${tokens(locked, symbol)} stay in channels to these providers, for the next job`,
    state === 'failed'
      ? '  It is over: nothing more will be paid for it.'
      : `  Its result is not lost: archipel job result ${commandId(job)}`
  ]
}

/** The same error, with the money among its facts for programs. */
export function withMoney(err: unknown, money: MoneyState): unknown {
  if (!isCodedError(err)) return err
  const { code, message, facts, hint } = err
  return new CodedError(code, message, {
    facts: { ...facts, money: { ...money, job: money.job ?? null, state: money.state ?? null } },
    ...(hint === undefined ? {} : { hint }),
    cause: err
  })
}

/**
 * Amounts that the client counts in smallest units, in words for whoever has to deposit them or allow them.
 *
 * @param need what the whole job may come to
 */
export function inTokens(err: unknown, need: Wei, symbol: string): unknown {
  if (!isCodedError(err)) return err
  if (err.code === 'E_SPENDING_LIMIT') return limitInTokens(err, symbol)
  if (err.code !== 'E_NO_FUNDS' || typeof err.facts.balance !== 'bigint') return err
  const { code, facts } = err
  const balance = tokens(err.facts.balance, symbol)
  return new CodedError(
    code,
    `the escrow balance of ${balance} does not cover a job of up to ${tokens(need, symbol)}`,
    {
      facts: { ...facts, need },
      hint: `deposit more: archipel escrow deposit ${roundUpAmount(need)}`,
      cause: err
    }
  )
}

type LimitFacts = { limit: 'job' | 'day' | 'provider'; max: Wei; spent: Wei; needed: Wei; freesAt: number | null }

function limitInTokens(err: CodedError, symbol: string): CodedError {
  const { limit, max, spent, needed, freesAt } = err.facts as unknown as LimitFacts
  const words = (message: string, hint: string) =>
    new CodedError(err.code, message, { facts: err.facts, hint, cause: err })
  if (limit === 'job') {
    return words(
      `a job may cost ${tokens(max, symbol)} by your limits, not ${tokens(needed, symbol)}`,
      `lower --max-price, or raise limits.job in the configuration to ${roundUpAmount(needed)}`
    )
  }
  const where = limit === 'day' ? 'in 24 hours' : 'to one provider in 24 hours'
  const raise = `allow more: --limit-${limit} ${roundUpAmount(spent + needed)}`
  return words(
    `this may cost ${tokens(needed, symbol)}; of ${tokens(max, symbol)} allowed ${where}, ${tokens(spent, symbol)} are spent or promised`,
    freesAt === null ? raise : `${raise}\nor wait until ${new Date(freesAt * 1000).toISOString().slice(0, 16)}Z`
  )
}

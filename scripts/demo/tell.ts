import { join } from 'node:path'
import { formatBytes, roundAmount, shortId } from '../../packages/node/src/cli/run/words.ts'
import { formatDurationMs } from '../../packages/node/src/config/units/duration.ts'
import type { Devnet } from '../../packages/node/src/devnet/index.ts'
import type { Archipel } from './archipel.ts'
import { type AuditAnswer, auditAll } from './audits.ts'
import { expect } from './expect.ts'
import { type Blackout, checkJob, type JobAnswer, QUORUM, REPLICAS, runThroughBlackout } from './job.ts'
import { awaitPayouts, type Payout } from './money.ts'
import { checkProduct, type Product } from './product.ts'
import type { Story } from './story.ts'
import { esbuildOnThree } from './workload.ts'

export interface TellInit {
  story: Story
  devnet: Devnet
  archipel: Archipel
  /** Everything is written below it. */
  folder: string
  signal: AbortSignal
}

export interface Told {
  readonly verdict: 'verified'
  readonly tookMs: number
  readonly job: JobAnswer
  readonly blackout: Blackout
  readonly product: Product
  readonly payouts: readonly Payout[]
  readonly audits: readonly AuditAnswer[]
}

/** The whole main job, end to end. @throws DemoError for the first thing that is not as promised */
export async function tell({ story, devnet, archipel, folder, signal }: TellInit): Promise<Told> {
  const beganMs = performance.now()
  story.chapter('A network of its own')
  const { descriptor, providers } = await devnet.up({ signal })
  const regions = new Set(providers.map(({ region }) => region))
  story.line(
    `${providers.length} operators in ${regions.size} regions, a chain and a funded buyer: up in ${since(beganMs)}`
  )

  story.chapter('The job')
  const workload = await esbuildOnThree()
  story.line(`program  esbuild, ${formatBytes(workload.programBytes)} of WebAssembly from npm`)
  story.line(`input    the sources of three.js, ${workload.inputFiles} files, ${formatBytes(workload.inputBytes)}`)
  story.line(`wanted   ${REPLICAS} operators in ${REPLICAS} regions, ${QUORUM} of whom must come to the same result`)
  const { answer, blackout, file } = await runThroughBlackout({
    archipel,
    devnet,
    workload,
    folder: join(folder, 'output'),
    onLine: line => {
      if (isPlan(line)) story.line(line.replaceAll(/0x[0-9a-f]{40}/g, shortId))
    },
    onBlackout({ region, killed, afterMs }) {
      story.chapter('A power cut')
      story.line(`${formatDurationMs(afterMs)} after the start all ${REPLICAS} are running it`)
      story.line(`${region} goes dark: ${killed.join(' and ')} are killed (SIGKILL)`)
    }
  })
  const { winners, lost } = checkJob(answer, blackout)
  story.line(`the buyer sees ${lost.failure?.code} (${lost.failure?.message}) and goes on without it`)

  story.chapter('The result')
  const reference = join(folder, 'reference')
  // Checked while the operators redeem their vouchers.
  const [product, payouts] = await Promise.all([
    checkProduct(file, workload, { folder: reference, signal }),
    awaitPayouts(archipel, descriptor, answer.job, winners, signal)
  ])
  const { timings, result } = answer
  story.line(`${winners.length} operators came to ${result.digest}`)
  story.line(`after ${formatDurationMs(timings.totalMs!)}: ${stagesText(timings)}`)
  story.line(`${workload.file}: ${formatBytes(product.bytes)}, sha256 ${product.sha256}`)
  story.line('byte for byte what the same program makes with Node’s own WASI on this machine')
  story.line(`Node imports it: three.js revision ${product.revision}, new Vector3(1, 2, 2).length() is 3`)

  story.chapter('The money')
  story.table(
    [
      { title: 'region', cell: ({ region }) => region },
      { title: 'operator’s node', cell: ({ provider }) => shortId(provider) },
      { title: 'state', cell: ({ state }) => state },
      { title: 'promised', cell: ({ paid }) => `${roundAmount(BigInt(paid))} tUSD`, align: 'right' },
      { title: 'arrived on chain', cell: ({ agreement }) => arrivedText(payouts, agreement), align: 'right' },
      { title: 'redeemed with gas', cell: ({ agreement }) => gasText(payouts, agreement), align: 'right' }
    ],
    answer.replicas
  )

  story.chapter('The audit')
  const { audits, tampered } = await auditAll(archipel, { job: answer.job, rpcUrl: descriptor.rpcUrls[0]!, folder })
  checkAudits(audits, payouts, lost.agreement)
  story.line('by a stranger with an empty home, one bundle for each agreement and an RPC URL')
  story.table(
    [
      { title: 'agreement', cell: ({ agreement }) => shortId(agreement) },
      { title: 'region', cell: ({ parties }) => parties.region },
      { title: 'delivered', cell: ({ outcome }) => outcome },
      { title: 'due', cell: ({ money }) => roundAmount(BigInt(money.due)), align: 'right' },
      { title: 'paid', cell: ({ money }) => roundAmount(BigInt(money.paid)), align: 'right' },
      { title: 'arrived', cell: ({ money }) => roundAmount(BigInt(money.redeemed)), align: 'right' },
      { title: 'checks', cell: ({ checks }) => `${checks.length} of ${checks.length}` },
      { title: 'verdict', cell: ({ verdict }) => verdict }
    ],
    audits
  )
  story.line(`one digit of a receipt of ${shortId(tampered)} changed: mismatch, exit code 10`)
  story.end(`verdict: verified · ${audits.length} agreements, to the last unit · ${since(beganMs)} in all`)
  return { verdict: 'verified', tookMs: performance.now() - beganMs, job: answer, blackout, product, payouts, audits }
}

/** Nobody was paid anything but what is due to them by their own signed receipts, and the winners have it. */
function checkAudits(audits: readonly AuditAnswer[], payouts: readonly Payout[], lost: string | null): void {
  for (const { agreement, promised } of payouts) {
    const audit = audits.find(one => one.agreement === agreement)
    expect(audit?.payment === 'on-chain' && audit.outcome === 'delivered', `${agreement} was delivered and paid`)
    const { due, paid, redeemed } = audit.money
    expect(
      [due, paid, redeemed].every(amount => BigInt(amount) === promised),
      'due, paid and arrived are the same'
    )
  }
  const others = audits.filter(({ agreement }) => !payouts.some(one => one.agreement === agreement))
  expect(lost === null || others.some(({ agreement }) => agreement === lost), 'the lost operator was audited, too')
  for (const { outcome, money } of others) {
    expect(outcome !== 'delivered', 'whoever was not paid in full delivered no result')
    expect(BigInt(money.paid) <= BigInt(money.due), 'it was paid for nothing beyond its delivered ticks')
  }
}

function isPlan(line: string): boolean {
  return /^\d+ offers? seen|^ {2}/.test(line)
}

function stagesText(timings: Readonly<Record<string, number>>): string {
  return Object.entries(timings)
    .filter(([name]) => name !== 'totalMs')
    .map(([name, ms]) => `${name.replace(/Ms$/, '')} ${formatDurationMs(ms)}`)
    .join(', ')
}

function arrivedText(payouts: readonly Payout[], agreement: string | null): string {
  const payout = payouts.find(one => one.agreement === agreement)
  return payout === undefined ? 'nothing' : `${roundAmount(payout.arrived)} tUSD`
}

function gasText(payouts: readonly Payout[], agreement: string | null): string {
  const payout = payouts.find(one => one.agreement === agreement)
  return payout?.transactions.map(({ gasUsed }) => gasUsed.toString()).join(' + ') ?? ''
}

function since(ms: number): string {
  return formatDurationMs(performance.now() - ms)
}

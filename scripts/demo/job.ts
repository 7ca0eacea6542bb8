import { join } from 'node:path'
import type { Devnet } from '../../packages/node/src/devnet/index.ts'
import type { Archipel } from './archipel.ts'
import { expect } from './expect.ts'
import type { Workload } from './workload.ts'

export const REPLICAS = 3
export const QUORUM = 2
const PRICE_CEILING = '0.01'

/** What `archipel run --json` answers, as far as it is looked at. */
export interface JobAnswer {
  readonly job: string
  readonly state: string
  readonly result: { readonly exitCode: number; readonly digest: string; readonly output: string }
  readonly replicas: readonly ReplicaAnswer[]
  readonly paid: string
  readonly timings: Readonly<Record<string, number>>
  readonly output: { readonly files: readonly { readonly path: string; readonly bytes: number }[] }
  readonly placement: {
    readonly seen: number
    readonly chosen: readonly { readonly provider: string; readonly region: string; readonly priceMax: string }[]
  }
}

export interface ReplicaAnswer {
  readonly provider: string
  readonly region: string
  readonly state: string
  readonly agreement: string | null
  readonly digest: string | null
  readonly paid: string
  readonly runMs: number | null
  readonly failure: { readonly code: string; readonly message: string } | null
}

export interface Blackout {
  readonly region: string
  /** Address of the provider that was running the job there. */
  readonly victim: string
  /** Names of the providers whose processes were killed. */
  readonly killed: readonly string[]
  /** Since the job was started. */
  readonly afterMs: number
}

export interface JobInit {
  archipel: Archipel
  devnet: Pick<Devnet, 'killRegion'>
  workload: Workload
  /** Where the output goes. */
  folder: string
  /** A plan line, a stage: what the command tells while it runs. */
  onLine: (line: string) => void
  onBlackout: (blackout: Blackout) => void
}

/**
 * Runs the workload on three operators in three regions and takes the power from one of the regions as soon as all three
 * run it.
 */
export async function runThroughBlackout(
  init: JobInit
): Promise<{ answer: JobAnswer; blackout: Blackout; file: string }> {
  const { archipel, devnet, workload, folder, onLine, onBlackout } = init
  const startedMs = performance.now()
  const running = new Map<string, string>()
  let blackout: Promise<Blackout> | undefined

  async function cutPower(region: string, victim: string): Promise<Blackout> {
    const killed = await devnet.killRegion(region)
    const done = { region, victim, killed, afterMs: performance.now() - startedMs }
    onBlackout(done)
    return done
  }

  const options = {
    '--wasm': workload.program,
    '--input': workload.input,
    '--output': folder,
    '--replicas': String(REPLICAS),
    '--quorum': String(QUORUM),
    '--spread': 'region',
    '--max-price': PRICE_CEILING
  }
  const answer = await archipel.json<JobAnswer>(['run', ...Object.entries(options).flat(), '--', ...workload.args], {
    onLine(line) {
      onLine(line)
      const [, region, provider] = /^(\S+) (0x[0-9a-f]{40}): running$/.exec(line) ?? []
      if (region === undefined || provider === undefined) return
      running.set(provider, region)
      if (running.size === REPLICAS) blackout ??= cutPower(region, provider)
    }
  })
  expect(blackout !== undefined, 'all three operators were seen running it')
  return { answer, blackout: await blackout, file: join(folder, workload.file) }
}

/** The job came through the blackout as promised. @returns who delivered the result, and who was cut off */
export function checkJob(
  { state, result, replicas, placement }: JobAnswer,
  { victim }: Blackout
): { winners: readonly ReplicaAnswer[]; lost: ReplicaAnswer } {
  const regions = new Set(placement.chosen.map(one => one.region))
  expect(regions.size === REPLICAS, 'three operators in three regions were chosen')
  expect(state === 'succeeded' && result.exitCode === 0, 'the job succeeded')
  const winners = replicas.filter(replica => replica.digest === result.digest)
  expect(winners.length >= QUORUM, `${QUORUM} operators came to the same result`)
  const isPaid = winners.every(winner => winner.state === 'paid' && BigInt(winner.paid) > 0n)
  expect(isPaid, 'everybody who delivered it was paid')
  const lost = replicas.find(replica => replica.provider === victim)
  expect(
    lost !== undefined && lost.state === 'failed' && lost.digest === null,
    'the operator without power delivered nothing'
  )
  return { winners, lost }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { FAILPOINT_VARIABLE } from '@archipel/client'
import { waitFor } from '../../fixtures/wait-for.ts'
import type { Orders, Told } from './orders.ts'

/** A child process that is killed, or kills itself. */
export interface Victim {
  /** From its start until it was ready; undefined while it is not. */
  readonly readyMs: number | undefined
  readonly told: readonly Told[]
  /** The end of what it said on stderr. */
  readonly complaints: string
  readonly end: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | undefined
  /** Waits until it is ready, or gone. */
  untilReady(): Promise<void>
  /** Waits until it is gone. */
  untilGone(timeoutMs: number): Promise<void>
  kill(signal?: NodeJS.Signals): Promise<void>
}

const COMPLAINTS_MAX = 4_000
const START_TIMEOUT_MS = 30_000

/** @param failpoint as ARCHIPEL_FAILPOINT takes it */
export function startVictim(script: 'provider-process' | 'buyer-process', orders: Orders, failpoint = ''): Victim {
  const file = fileURLToPath(new URL(`./${script}.ts`, import.meta.url))
  const startMs = performance.now()
  const child: ChildProcess = spawn(process.execPath, [file, JSON.stringify(orders)], {
    env: { ...process.env, [FAILPOINT_VARIABLE]: failpoint, NODE_COMPILE_CACHE: `${orders.dataDir}/../compiled` },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const told: Told[] = []
  let complaints = ''
  let readyMs: number | undefined
  let end: Victim['end']
  createInterface({ input: child.stdout! }).on('line', line => {
    const message = JSON.parse(line) as Told
    told.push(message)
    if (message.type === 'ready') readyMs = performance.now() - startMs
  })
  child.stderr!.on('data', data => {
    complaints = `${complaints}${data}`.slice(-COMPLAINTS_MAX)
  })
  void once(child, 'exit').then(([code, signal]) => {
    end = { code, signal }
  })
  const what = () => `${script} ${failpoint}: ${JSON.stringify(told)} ${complaints}`
  const victim: Victim = {
    get readyMs() {
      return readyMs
    },
    get end() {
      return end
    },
    get complaints() {
      return complaints
    },
    told,
    async untilReady() {
      await waitFor(() => readyMs !== undefined || end !== undefined, {
        timeoutMs: START_TIMEOUT_MS,
        what: () => `a start of ${what()}`
      })
    },
    async untilGone(timeoutMs) {
      await waitFor(() => end !== undefined, { timeoutMs, what: () => `the end of ${what()}` })
    },
    async kill(signal = 'SIGKILL') {
      if (end === undefined) child.kill(signal)
      await victim.untilGone(START_TIMEOUT_MS)
    }
  }
  return victim
}

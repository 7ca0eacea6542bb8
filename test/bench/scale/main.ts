import { parseArgs } from 'node:util'
import { round } from '../statistics.ts'
import type { Hop } from './mesh.ts'
import { type Cost, cost, type Scenario } from './model.ts'
import { measureRealMesh } from './real/measure.ts'

/**
 * `node test/bench/scale/main.ts`: what being in a network of a hundred to a hundred thousand providers costs each of them. With
 * `--real`, real peers are measured first, and beside them what the model says of as many: see calibration.ts.
 */
const { values } = parseArgs({
  options: {
    real: { type: 'boolean', default: false },
    peers: { type: 'string', default: '20,60,150' },
    json: { type: 'boolean', default: false }
  }
})
const log = (line: string) => process.stderr.write(`${line}\n`)

/** Half of all paths of the internet's are faster than this, one way; one in a hundred takes five times as long. */
const INTERNET: Hop = { medianMs: 40, sigma: 0.7, checkMs: 2 }
/** Between processes of one machine; the rest is waiting for a processor. */
const ONE_MACHINE: Hop = { medianMs: 3, sigma: 0.8, checkMs: 1 }

const USUAL = { buyersPerProvider: 0.2, shardsPerBuyer: 3, churnPerHour: 0.1, hop: INTERNET, seed: 1 }
const SIZES = [100, 1_000, 10_000, 100_000]

/** Topics are added as a network grows: see docs/adr/0027-offers-by-region.md. */
const shardsOf = (providers: number) => Math.max(1, Math.min(32, Math.ceil(providers / 3_000)))

const choices: Readonly<Record<string, (providers: number) => Pick<Scenario, 'shards' | 'renewSec' | 'ttlSec'>>> = {
  'one topic, each minute': () => ({ shards: 1, renewSec: 60, ttlSec: 120 }),
  'one topic, every 5 minutes': () => ({ shards: 1, renewSec: 300, ttlSec: 600 }),
  'by size, each minute': providers => ({ shards: shardsOf(providers), renewSec: 60, ttlSec: 120 }),
  'by size, every 5 minutes': providers => ({ shards: shardsOf(providers), renewSec: 300, ttlSec: 600 })
}

const report: Record<string, unknown> = {}
if (values.real) {
  const rows = []
  for (const peers of values.peers.split(',').map(Number)) {
    const real = await measureRealMesh(peers, log)
    const { copies, heardMs } = cost({
      ...USUAL,
      hop: ONE_MACHINE,
      buyersPerProvider: 0,
      providers: peers,
      ...choices['one topic, each minute']!(peers)
    })
    rows.push({ ...real, modelCopies: copies, modelHeardMs: heardMs })
    log(JSON.stringify(rows.at(-1), (_, value) => (typeof value === 'number' ? round(value) : value)))
  }
  report.real = rows
}
for (const [name, choose] of Object.entries(choices)) {
  log(`\n${name}`)
  log(
    '  providers  topics  members  offers/s  copies  messages/s   kB/s (gossip, idle, books)     p50   p95   p99 ms  first book ms  stale'
  )
  const costs: Cost[] = []
  for (const providers of SIZES) {
    const chosen = choose(providers)
    const one = cost({ ...USUAL, providers, ...chosen })
    costs.push(one)
    const kb = (bytes: number) => (bytes / 1000).toFixed(1)
    log(
      [
        String(providers).padStart(11),
        String(chosen.shards).padStart(7),
        String(one.members).padStart(8),
        one.offersPerSec.toFixed(1).padStart(9),
        one.copies.toFixed(1).padStart(7),
        one.messagesPerSec.toFixed(0).padStart(11),
        `${kb(one.bytesPerSec)} (${kb(one.gossipBytesPerSec)}, ${kb(one.idleBytesPerSec)}, ${kb(one.booksBytesPerSec)})`.padStart(
          28
        ),
        `${one.heardMs.p50.toFixed(0)} ${one.heardMs.p95.toFixed(0)} ${one.heardMs.p99.toFixed(0)}`.padStart(22),
        one.firstBookMs.toFixed(0).padStart(12),
        `${(100 * one.stale).toFixed(2)} %`.padStart(9)
      ].join(' ')
    )
  }
  report[name] = costs
  log(
    `  from 1,000 to 100,000 providers: ${(costs[3]!.bytesPerSec / costs[1]!.bytesPerSec).toFixed(1)} times the bytes`
  )
}
if (values.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)

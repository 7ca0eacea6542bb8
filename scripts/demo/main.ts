import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { toJson } from '../../packages/node/src/cli/output/json.ts'
import { createDevnet, DEFAULT_PROVIDERS } from '../../packages/node/src/devnet/index.ts'
import { createArchipel } from './archipel.ts'
import { DemoError } from './expect.ts'
import { createStory } from './story.ts'
import { tell } from './tell.ts'

/** Far more than it takes: a demo that hangs must not hang for ever. */
const TIMEOUT_MS = 5 * 60_000

const flag = { type: 'boolean', default: false } as const
const { values } = parseArgs({ options: { json: flag, keep: flag } })
const stop = new AbortController()
const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(TIMEOUT_MS)])
let exitCode = 0
for (const [name, code] of [['SIGINT', 130] as const, ['SIGTERM', 143] as const, ['SIGHUP', 129] as const]) {
  // Every further one is ignored: ending now would leave processes behind.
  process.on(name, () => {
    exitCode ||= code
    stop.abort(new DemoError(`stopped by ${name}`))
  })
}

// The story goes where people look, the answer for programs where programs look.
const story = createStory(text => void (values.json ? process.stderr : process.stdout).write(text))
const folder = await mkdtemp(join(tmpdir(), 'archipel-demo-'))
const network = join(folder, 'network')
// Every voucher is worth redeeming here, so that the money arrives while somebody watches.
const providers = DEFAULT_PROVIDERS.map(plan => ({ ...plan, redeem: { amount: '0.000001', age: '1s' } }))
const devnet = createDevnet({ dir: network, providers })
try {
  const told = await tell({ story, devnet, archipel: createArchipel(network, signal), folder, signal })
  if (values.json) process.stdout.write(`${toJson({ schemaVersion: 1, ...told })}\n`)
} catch (err) {
  exitCode ||= 1
  // Whatever was cut short by a signal says only that it was.
  const { message, output } = (signal.aborted ? signal.reason : err) as DemoError
  process.stderr.write(`\nerror[E_DEMO]: ${message}\n${output ?? ''}`)
} finally {
  await devnet.down()
  if (exitCode === 1 || values.keep)
    process.stderr.write(`hint: what its processes said is in ${join(network, 'logs')}\n`)
  else await rm(folder, { recursive: true, force: true })
}
process.exit(exitCode)

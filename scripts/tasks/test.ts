import { parseArgs } from 'node:util'
import { endCommandsOnSignal } from '../command.ts'
import { contracts } from '../stages/contracts.ts'
import { demo } from '../stages/demo.ts'
import { lint } from '../stages/lint.ts'
import { packages } from '../stages/packages.ts'
import { readme } from '../stages/readme.ts'
import { runStages } from '../stages/run-stages.ts'
import { tidy } from '../stages/tidy.ts'
import { types } from '../stages/types.ts'
import { vitest } from '../stages/vitest.ts'

const MINUTE_MS = 60_000

const unit = vitest('unit', 25 * MINUTE_MS)
const system = vitest('system', 40 * MINUTE_MS)

// Two lanes for two cores; what waits for peers and measures time runs alone.
const GROUPS = [[[types, lint, tidy, packages], [contracts]], [[unit, system, demo, readme]]]

const { values } = parseArgs({ options: { only: { type: 'string' } } })
const names = GROUPS.flat(2).map(stage => stage.name)
const wanted = values.only?.split(',') ?? names
const unknown = wanted.filter(name => !names.includes(name))

if (unknown.length > 0) {
  console.error(`error[E_USAGE]: no stage named ${unknown.join(', ')}\nhint: npm test -- --only ${names.join(',')}`)
  process.exitCode = 2
} else {
  endCommandsOnSignal()
  const groups = GROUPS.map(lanes => lanes.map(lane => lane.filter(stage => wanted.includes(stage.name))))
  process.exitCode = (await runStages(groups)) ? 0 : 1
}

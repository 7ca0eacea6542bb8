import { endCommandsOnSignal } from '../command.ts'
import { contracts } from '../stages/contracts.ts'
import { coverage } from '../stages/coverage.ts'
import { runStages } from '../stages/run-stages.ts'
import { vitest } from '../stages/vitest.ts'

const HOUR_MS = 60 * 60_000

// The same properties with many more cases: vitest.config.ts reads the first, forge the other (`profile.long` of its
// foundry.toml).
const LONG = { ARCHIPEL_LONG: '1', FOUNDRY_PROFILE: 'long' }

endCommandsOnSignal()
Object.assign(process.env, LONG)
const isGood = await runStages([[[vitest('unit', HOUR_MS), contracts, coverage, vitest('system', HOUR_MS)]]])
process.exitCode = isGood ? 0 : 1

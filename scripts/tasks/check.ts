import { endCommandsOnSignal } from '../command.ts'
import { lint } from '../stages/lint.ts'
import { runStages } from '../stages/run-stages.ts'
import { tidy } from '../stages/tidy.ts'
import { types } from '../stages/types.ts'

// The quick part of `npm test`: nothing is started.
endCommandsOnSignal()
const isGood = await runStages([[[lint, tidy, types]]])
process.exitCode = isGood ? 0 : 1

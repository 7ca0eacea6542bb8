import { endCommandsOnSignal } from '../command.ts'
import { buildPackages } from '../packages/build.ts'

endCommandsOnSignal()
process.exitCode = (await buildPackages(text => process.stdout.write(text))) ? 0 : 1

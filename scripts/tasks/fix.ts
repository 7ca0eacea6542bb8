import { endCommandsOnSignal, runCommand } from '../command.ts'
import { toolPath } from '../root.ts'

endCommandsOnSignal()
const paths = process.argv.length > 2 ? process.argv.slice(2) : ['.']
const { exitCode } = await runCommand(toolPath('biome'), ['check', '--write', '--colors=off', ...paths], {
  timeoutMs: 2 * 60_000,
  onOutput: text => process.stdout.write(text)
})
process.exitCode = exitCode

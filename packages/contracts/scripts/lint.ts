/** `node scripts/lint.ts`: what forge and solhint say of the sources; any word of either is a failure. */
import { globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { packageRoot, runForge } from './foundry.ts'

/** solhint's own interface: its command looks for newer versions, and advertises. */
interface Solhint {
  processStr(text: string, config: object, file: string): { reports: Report[] }
}

interface Report {
  line: number
  column: number
  ruleId: string
  message: string
}

const require = createRequire(import.meta.url)
const solhint = require('solhint/lib/index.js') as Solhint
const config = require(join(packageRoot, 'solhint.config.cjs')) as object

/** The linter compiles without code: those who build need not find that and take it for theirs. */
const APART = { FOUNDRY_OUT: 'cache/lint/out', FOUNDRY_CACHE_PATH: 'cache/lint' }

const words = globSync('src/**/*.sol', { cwd: packageRoot }).flatMap(file => {
  const { reports } = solhint.processStr(readFileSync(join(packageRoot, file), 'utf8'), config, file)
  return reports.map(({ line, column, ruleId, message }) => `${file}:${line}:${column} ${ruleId}: ${message}`)
})
for (const word of words) console.error(word)
const isClean = (await runForge(['lint', 'src', '--deny', 'notes'], APART)) === 0
if (words.length > 0 || !isClean) process.exitCode = 1
else console.log('solhint and forge lint have nothing to say')

/**
 * `node scripts/mutate.ts <contract> …`: changes the sources of a contract in every small way we know, one at a time, and
 * runs its tests: each change that no test notices is a rule that nobody holds us to. Prints the survivors, and fails
 * below 95 % killed. `--every 3` takes one of three, `--from` and `--to` a part of the list, `--at 7,42` those two.
 * docs/mutations.md explains who survived, and why.
 */
import { parseArgs } from 'node:util'
import { createFastCompiler } from './mutation/compiler.ts'
import { type Mutant, mutantsOf } from './mutation/mutants.ts'
import { createScratch } from './mutation/scratch.ts'

const KILLED_MIN = 0.95

/** Tests that each contract must answer to. */
const TESTS: Readonly<Record<string, string>> = {
  Escrow: 'test/{unit/*,invariant/Escrow*}.t.sol',
  Bonds: 'test/{unit/bonds/*,invariant/Bonds*}.t.sol',
  Uptime: 'test/{unit/Uptime*,invariant/Uptime*}.t.sol',
  Court: 'test/{unit/court/*,invariant/Court*}.t.sol',
  Credentials: 'test/unit/Credential*.t.sol'
}

/** Tests that call libraries themselves: they hold a copy of them, which must be compiled anew for a change to be in it. */
const LIBRARY_TESTS = 'test/unit/{ReceiptLogProof,court/CourtLibraries,court/Draw}.t.sol'
const LIBRARIES = /^src\/(libraries|messages|types)\//

/** Longest that all tests of one unchanged contract take on a busy machine. */
const BASELINE_TIMEOUT_MS = 900_000
/** A mutant that loops takes longer than this many times what the unchanged contract took, and than the least. */
const TIMEOUT_FACTOR = 6
const TIMEOUT_MS_MIN = 120_000

interface Tally {
  /** Changes that are no program, and those that compile to the same bytes. */
  void: number
  killed: number
  survivors: Mutant[]
}

const { values, positionals } = parseArgs({
  options: {
    from: { type: 'string', default: '0' },
    to: { type: 'string' },
    every: { type: 'string', default: '1' },
    at: { type: 'string' }
  },
  allowPositionals: true
})
const unknown = positionals.filter(name => !(name in TESTS))
if (unknown.length > 0 || positionals.length === 0) {
  console.error(
    `error[E_USAGE]: name contracts of ${Object.keys(TESTS).join(', ')}, not ${unknown.join(', ') || 'none'}`
  )
  process.exit(2)
}
const scratch = createScratch()
const compiler = createFastCompiler(scratch.folder)
process.once('exit', scratch.remove)
if ((await scratch.build()) !== 0) process.exit(1)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
for (const contract of positionals) {
  const isGood = report(contract, await run(contract))
  if (!isGood) process.exitCode = 1
}

async function run(contract: string): Promise<Tally> {
  const file = `src/${contract}.sol`
  const original = compiler.bytecode(file, contract)
  if (original === undefined) throw new Error(`${file} does not compile`)
  scratch.plant(contract, original)
  const startedMs = performance.now()
  const failure = await scratch.failure(TESTS[contract]!, BASELINE_TIMEOUT_MS)
  if (failure !== undefined) throw new Error(`the tests of ${contract} fail without any change: ${failure}`)
  const timeoutMs = Math.ceil(Math.max(TIMEOUT_MS_MIN, TIMEOUT_FACTOR * (performance.now() - startedMs)))
  const all = compiler.sourcesOf(file).flatMap(({ file: path, source, ast }) => mutantsOf(path, source, ast))
  const mutants = all.filter((_, index) => isWanted(index))
  console.log(`${contract}: ${mutants.length} of ${all.length} changes`)
  const tally: Tally = { void: 0, killed: 0, survivors: [] }
  // While the tests of one run, the next is compiled.
  let testing: Promise<void> = Promise.resolve()
  for (const [index, mutant] of mutants.entries()) {
    const code = compiler.bytecode(file, contract, mutant)
    await testing
    if (code === undefined || code === original) {
      tally.void++
      continue
    }
    scratch.plant(contract, code)
    testing = scratch.failure(TESTS[contract]!, timeoutMs).then(failure => {
      const passed = failure === undefined
      if (passed) tally.survivors.push(mutant)
      else tally.killed++
      console.log(`${index + 1}/${mutants.length} ${passed ? 'SURVIVED' : 'killed'} ${describe(mutant)}`)
    })
    // Lets forge start before the compiler takes this thread.
    await new Promise(resolve => setImmediate(resolve))
  }
  await testing
  scratch.plant(contract, original)
  return askLibraryTests(tally, timeoutMs)
}

/** Gives what no test of the contract noticed to the tests of its libraries. */
async function askLibraryTests({ survivors, ...tally }: Tally, timeoutMs: number): Promise<Tally> {
  const left: Mutant[] = []
  const unchanged = await scratch.failure(LIBRARY_TESTS, timeoutMs)
  if (unchanged !== undefined) throw new Error(`the tests of the libraries fail without any change: ${unchanged}`)
  for (const mutant of survivors) {
    const failure = LIBRARIES.test(mutant.file)
      ? await scratch.withSource(mutant, () => scratch.failure(LIBRARY_TESTS, timeoutMs))
      : undefined
    if (failure === undefined) left.push(mutant)
    else console.log(`killed by the tests of libraries: ${describe(mutant)}`)
  }
  return { ...tally, killed: tally.killed + survivors.length - left.length, survivors: left }
}

function isWanted(index: number): boolean {
  if (values.at !== undefined) return values.at.split(',').includes(String(index))
  const from = Number(values.from)
  return index >= from && index < Number(values.to ?? Infinity) && (index - from) % Number(values.every) === 0
}

function report(contract: string, { void: none, killed, survivors }: Tally): boolean {
  const share = killed / (killed + survivors.length)
  console.log(
    `\n${contract}: ${killed} killed, ${survivors.length} survived, ${none} no change: ${percent(share)} killed`
  )
  for (const mutant of survivors) console.log(`  ${describe(mutant)}`)
  return share >= KILLED_MIN
}

function describe({ file, line, change, before, after }: Mutant): string {
  const brief = (text: string) => text.replace(/\s+/g, ' ').slice(0, 90)
  return `${file}:${line} ${change}: ${brief(before)} -> ${brief(after) || 'nothing'}`
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

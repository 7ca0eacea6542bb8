import { type Client, createChain, type JobOutcome, type JobSpec } from '@archipel/client'
import { tokenOf } from '../chain.ts'
import { withClient } from '../client.ts'
import type { Context } from '../context.ts'
import { settledFaults } from '../faults/settle.ts'
import { faultJson } from '../faults/words.ts'
import type { Invocation } from '../host.ts'
import { createStyle } from '../output/style.ts'
import { createProgress } from '../progress/progress.ts'
import { inTokens, moneyLines, readMoney, withMoney } from '../run/money.ts'
import { checkOutputFolder, namingPath, saveOutput } from '../run/output.ts'
import { type JobPlan, planJob, planLines } from '../run/placement.ts'
import { type JobOutput, outcomeJson, outcomeText } from '../run/report.ts'
import { type JobTerms, openInput, parseTerms, type RunOptions, readProgram } from '../run/spec.ts'
import { commandId } from '../run/words.ts'

/** Exit codes have eight bits; a program may end with more. */
const EXIT_CODE_MAX = 255

export async function run({ context, options, args }: Invocation<RunOptions>): Promise<number | undefined> {
  const terms = parseTerms(options, (args[0] as string[] | undefined) ?? [])
  // Everything that can be wrong on this machine comes before the network, and before money.
  const program = await readProgram(options)
  const input = options.input === undefined ? undefined : await openInput(options.input, context.signal)
  if (options.output !== undefined) await checkOutputFolder(options.output, options.force === true)
  let told = false
  const tellMoney = (lines: readonly string[]) => {
    told = true
    if (context.output.format === 'table') process.stderr.write(`${lines.join('\n')}\n`)
  }
  try {
    return await withClient(context, (client, start) =>
      runWith(client, start, { context, options, terms, program, input, tellMoney })
    )
  } catch (err) {
    if (context.signal.aborted && !told) tellMoney(['Nothing was agreed and nothing was paid.'])
    throw namingPath(err)
  }
}

interface Run {
  context: Context
  options: RunOptions
  terms: JobTerms
  program: Uint8Array
  input: JobSpec['input']
  tellMoney: (lines: readonly string[]) => void
}

async function runWith(client: Client, start: () => Promise<void>, run: Run): Promise<number | undefined> {
  const { context, options, terms, program, input } = run
  const { output, signal } = context
  const network = await context.network()
  const chain = createChain(network)
  const [{ symbol }] = await Promise.all([chain.checkChain({ signal }).then(() => tokenOf(chain, signal)), start()])
  const plan = planJob(await client.offers({ signal }), terms, network.token, nowSec())
  if (options.dryRun === true) return answerPlan(context, plan, symbol)
  for (const line of planLines(plan, symbol)) output.note(line)

  const { deadlineSec, ...rest } = terms
  const spec = { ...rest, program, deadline: nowSec() + deadlineSec, ...(input === undefined ? {} : { input }) }
  const { outcome, files } = await watched(client, spec, run, plan, symbol)
  if (output.format === 'table') printProgramOutput(context, outcome)
  const agreements = outcome.replicas.flatMap(({ agreement }) => (agreement === undefined ? [] : [agreement]))
  const faults = await settledFaults(client, agreements, signal)
  await output.answer({
    json: {
      ...outcomeJson(outcome, files),
      placement: plan,
      faults: faults.map(fault => faultJson(fault, client.address))
    },
    names: () => [outcome.job],
    human: () => ''
  })
  if (output.format === 'table') output.note(outcomeText(outcome, files, symbol))
  const id = commandId(outcome.job)
  const bring =
    files.folder === undefined && files.files.length > 0 ? `job result ${id} --output FOLDER · archipel ` : ''
  output.note(`Next: archipel ${bring}job receipt ${id} --output FOLDER · archipel job describe ${id}`)
  return Math.min(outcome.result.exitCode, EXIT_CODE_MAX)
}

/** Runs the job in front of its buyer; whatever stops it, how the money stands is told. */
async function watched(
  client: Client,
  spec: JobSpec,
  { context, options, tellMoney }: Run,
  plan: JobPlan,
  symbol: string
): Promise<{ outcome: JobOutcome; files: JobOutput }> {
  const { output, flags, env, signal } = context
  const style = createStyle({ isTty: process.stderr.isTTY === true, env, color: flags.color })
  const progress = createProgress({ output, stderr: process.stderr, style, symbol })
  try {
    const outcome = await client.runJob(spec, { signal, onProgress: progress.onProgress })
    const place = { folder: options.output, force: options.force === true, signal }
    return { outcome, files: await saveOutput(client, outcome.job, place) }
  } catch (err) {
    progress.stop()
    const money = await readMoney(client, progress.view)
    tellMoney(moneyLines(money, symbol))
    throw withMoney(inTokens(namingPath(err), plan.priceMax, symbol), money)
  } finally {
    progress.stop()
  }
}

async function answerPlan({ output }: Context, plan: JobPlan, symbol: string): Promise<undefined> {
  await output.answer({
    json: { dryRun: true, placement: plan },
    names: () => plan.chosen.map(({ provider }) => provider),
    human: () => planLines(plan, symbol).join('\n')
  })
  output.note('Nothing was run and nothing was paid.')
}

/** The program's own words: stdout as it is; stderr, which nobody agreed on, as text that is safe to show. */
function printProgramOutput({ output }: Context, { stdout, stderr }: JobOutcome): void {
  output.bytes(stdout)
  if (stderr.length > 0) output.note(new TextDecoder().decode(stderr).replace(/\n$/, ''))
}

function nowSec(): number {
  return Math.floor(Date.now() / 1000)
}

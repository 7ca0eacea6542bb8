import { createChain } from '@archipel/client'
import { tokenOf } from '../chain.ts'
import { withClient } from '../client.ts'
import type { Invocation } from '../host.ts'
import { withBooks } from '../job-books.ts'
import { createStyle } from '../output/style.ts'
import { createProgress } from '../progress/progress.ts'
import { moneyLines, readMoney, withMoney } from '../run/money.ts'
import { checkOutputFolder, saveOutput } from '../run/output.ts'
import { outcomeJson, outcomeText } from '../run/report.ts'
import { commandId } from '../run/words.ts'

interface ResultOptions {
  output?: string
  force?: boolean
}

/** Takes a job up where it was left: watches it to its end, pays what is due, and brings its output here. */
export async function bringResult({ context, options, args }: Invocation<ResultOptions>): Promise<undefined> {
  const { output, signal, flags, env } = context
  const force = options.force === true
  if (options.output !== undefined) await checkOutputFolder(options.output, force)
  const { id } = await withBooks(context, books => books.job(String(args[0])))
  await withClient(context, async (client, start) => {
    const chain = createChain(await context.network())
    // Bringing a result needs no chain: its token only gets its name from there.
    const [{ symbol }] = await Promise.all([tokenOf(chain, signal).catch(() => ({ symbol: 'tokens' })), start()])
    const style = createStyle({ isTty: process.stderr.isTTY === true, env, color: flags.color })
    const progress = createProgress({ output, stderr: process.stderr, style, symbol })
    const outcome = await client.resumeJob(id, { signal, onProgress: progress.onProgress }).catch(async err => {
      progress.stop()
      const money = await readMoney(client, { ...progress.view, job: id })
      if (output.format === 'table') process.stderr.write(`${moneyLines(money, symbol).join('\n')}\n`)
      throw withMoney(err, money)
    })
    progress.stop()
    const files = await saveOutput(client, id, { folder: options.output, force, signal })
    await output.answer({
      json: outcomeJson(outcome, files),
      names: () => [id],
      human: () => outcomeText(outcome, files, symbol)
    })
    output.note(`Next: archipel job logs ${commandId(id)}`)
  })
}

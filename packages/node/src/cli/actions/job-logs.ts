import { type BlockStore, decodeContentCid, exportBytes } from '@archipel/client'
import { type BuyerAgreement, CodedError, isCodedError } from '@archipel/protocol'
import type { Invocation } from '../host.ts'
import { type JobBooks, withBooks } from '../job-books.ts'

/** What the client keeps of each stream. */
const STDIO_BYTES_MAX = 64 * 2 ** 20

interface Logs {
  readonly job: string
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
}

export async function showLogs({ context, args }: Invocation<object>): Promise<undefined> {
  const { output } = context
  const { job, stdout, stderr } = await withBooks(context, books => readLogs(books, String(args[0])))
  if (output.format !== 'table') {
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
    await output.answer({
      json: { job, stdout: text(stdout), stderr: text(stderr) },
      names: () => [job],
      human: () => ''
    })
    return
  }
  output.bytes(stdout)
  // Nobody agreed on stderr: it is shown as text, with nothing in it that moves a cursor.
  if (stderr.length > 0) output.note(new TextDecoder().decode(stderr).replace(/\n$/, ''))
}

async function readLogs(books: JobBooks, id: string): Promise<Logs> {
  const job = await books.job(id)
  if (job.result === undefined) {
    throw new CodedError('E_NO_RESULT', `job ${job.id} has no result`, {
      facts: { job: job.id, state: job.state },
      hint: job.state === 'running' ? `take it up again: archipel job result ${job.id}` : 'run it again'
    })
  }
  const [blocks, agreements] = await Promise.all([books.blocks(), books.agreementsOf(job)])
  const delivered = agreements.find(state => state.receipts.at(-1)?.body.result === job.digest)
  try {
    const [stdout, stderr] = await Promise.all([
      readStream(blocks, job.result.stdout),
      readStream(blocks, delivered === undefined ? new Uint8Array(0) : stderrOf(delivered))
    ])
    return { job: job.id, stdout, stderr }
  } catch (err) {
    if (!isCodedError(err) || err.code !== 'E_BLOCK_MISSING') throw err
    throw new CodedError('E_NO_RESULT', `the output of job ${job.id} was not brought here yet`, {
      facts: { job: job.id },
      hint: `bring it: archipel job result ${job.id}`,
      cause: err
    })
  }
}

function stderrOf({ phase }: BuyerAgreement): Uint8Array {
  return 'stderr' in phase ? phase.stderr : new Uint8Array(0)
}

async function readStream(blocks: BlockStore, cid: Uint8Array): Promise<Uint8Array> {
  return cid.length === 0 ? cid : exportBytes(decodeContentCid(cid), blocks, { bytesMax: STDIO_BYTES_MAX })
}

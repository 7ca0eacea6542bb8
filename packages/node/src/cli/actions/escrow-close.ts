import { type Client, createChain, delay, type OwnChannel, type Reconciled } from '@archipel/client'
import { type ChannelId, CodedError, isCodedError, type UnixSec, type Wei } from '@archipel/protocol'
import { formatTokens } from '../../config/units/amount.ts'
import { tokenOf } from '../chain.ts'
import { withClient } from '../client.ts'
import type { Context } from '../context.ts'
import { codedError } from '../errors/coded.ts'
import { exitCodeOf } from '../errors/exit-codes.ts'
import { clockText, stateOf } from '../escrow/words.ts'
import type { Invocation } from '../host.ts'
import type { Column } from '../output/table.ts'
import { confirm } from '../prompt.ts'
import { commandId, plural } from '../run/words.ts'

interface CloseOptions {
  all?: boolean
  wait?: boolean
  dryRun?: boolean
}

/** Between two looks at channels that are waited for; the chain's clock may be ahead of ours. */
const LOOK_MS_MIN = 1_000
const LOOK_MS_MAX = 30_000

interface Row extends OwnChannel {
  /** What a close brings back if nothing more is redeemed. */
  readonly left: Wei
  readonly refunded: Wei | undefined
  readonly transaction: string | undefined
  /** A dispute keeps it open up to then at most; 0 for none. */
  readonly heldUntil: UnixSec
  readonly error: unknown
}

/** Takes back what lies in channels: requests the close, and completes it once the payee has had its time. */
export async function close({ context, options, args }: Invocation<CloseOptions>): Promise<number | undefined> {
  const { output, signal } = context
  const wanted = wantedOf(args[0], options.all === true)
  const network = await context.network()
  const chain = createChain(network)
  await chain.checkChain({ signal })
  const { symbol } = await tokenOf(chain, signal)
  const money = (amount: Wei) => formatTokens(amount, symbol)

  const isDryRun = options.dryRun === true
  let ids: readonly ChannelId[] | undefined
  let rows = new Map<ChannelId, Row>()
  for (;;) {
    // Its turn is given up while it waits: an hour is long, and others have jobs to run.
    const now = await withClient(context, async client => {
      if (ids === undefined) {
        const chosen = await choose(client, wanted, signal)
        ids = chosen.map(({ id }) => id)
        if (isDryRun || chosen.length === 0) return chosen.map(channel => rowOf(channel))
        await confirm(context, questionFor(chosen, money))
      }
      return takeBack(client, ids, signal)
    })
    rows = new Map(now.map(row => [row.id, since(rows.get(row.id), row)]))
    const next = now.filter(({ closeAt, deposit, settled }) => closeAt !== 0 && deposit !== settled)
    if (isDryRun || options.wait !== true || next.length === 0) break
    const dueAt = Math.min(...next.map(dueAtOf))
    output.note(`${plural(next.length, 'channel')} can be closed from ${clockText(dueAt)} on; waiting.`)
    await delay(Math.min(Math.max(dueAt * 1000 - Date.now(), LOOK_MS_MIN), LOOK_MS_MAX), signal)
  }
  return answer(context, [...rows.values()], { isDryRun, money })
}

/** What became of them, stored and on chain. */
async function takeBack(client: Client, ids: readonly ChannelId[], signal: AbortSignal): Promise<Row[]> {
  const done = await client.closeChannels(ids, { signal })
  const own = new Map((await client.ownChannels()).map(channel => [channel.id, channel]))
  return ids.map(id => rowOf(own.get(id)!, done))
}

function rowOf(channel: OwnChannel, done?: Reconciled): Row {
  const closed = done?.closed.find(({ id }) => id === channel.id)
  const requested = done?.requested.find(({ id }) => id === channel.id)
  return {
    ...channel,
    left: channel.deposit - channel.settled,
    refunded: closed?.refunded,
    transaction: closed?.transaction ?? requested?.transaction,
    heldUntil: done?.held.find(({ id }) => id === channel.id)?.until ?? 0,
    error: done?.failed.find(({ id }) => id === channel.id)?.error
  }
}

/** When it can be closed. A dispute may end before it must. */
function dueAtOf({ closeAt, heldUntil }: Row): UnixSec {
  return Math.max(closeAt, heldUntil)
}

/** What an earlier look did is still true. */
function since(before: Row | undefined, row: Row): Row {
  return { ...row, refunded: row.refunded ?? before?.refunded, transaction: row.transaction ?? before?.transaction }
}

/** The start of an id, or undefined for all. */
function wantedOf(text: string | string[] | undefined, isAll: boolean): string | undefined {
  if (isAll === (text !== undefined)) {
    throw codedError('E_USAGE', isAll ? '--all and a channel contradict each other' : 'which channel? or --all', {
      hint: 'archipel escrow status lists them'
    })
  }
  if (text === undefined) return undefined
  const id = String(text).toLowerCase()
  if (/^0x[0-9a-f]{1,64}$/.test(id)) return id
  throw codedError('E_USAGE', `${JSON.stringify(text)} is not a channel: 0x and hex digits, or the first of them`)
}

async function choose(client: Client, wanted: string | undefined, signal: AbortSignal): Promise<OwnChannel[]> {
  const { failed } = await client.reconcile({ signal, lookOnly: true })
  if (failed[0] !== undefined) throw failed[0].error
  const all = await client.ownChannels()
  if (wanted === undefined) return all.filter(({ deposit, settled }) => deposit > settled)
  const found = all.filter(({ id }) => id.startsWith(wanted))
  if (found.length === 1) return found
  const ids = found.map(({ id }) => id)
  throw found.length === 0
    ? new CodedError('E_NO_SUCH_CHANNEL', `no channel ${wanted} of this wallet is known`, {
        facts: { channel: wanted },
        hint: 'archipel escrow status lists them'
      })
    : new CodedError('E_AMBIGUOUS_ID', `more than one channel begins with ${wanted}`, { facts: { ids } })
}

function questionFor(channels: readonly OwnChannel[], money: (amount: Wei) => string): string {
  const left = channels.reduce((sum, { deposit, settled }) => sum + deposit - settled, 0n)
  return `Close ${plural(channels.length, 'channel')} with ${money(left)}? New jobs will need new ones.`
}

interface AnswerInit {
  isDryRun: boolean
  money: (amount: Wei) => string
}

async function answer({ output }: Context, rows: readonly Row[], init: AnswerInit): Promise<number | undefined> {
  const { isDryRun, money } = init
  const nowSec: UnixSec = Math.floor(Date.now() / 1000)
  const columns: readonly Column<Row>[] = [
    { title: 'channel', cell: ({ id }) => commandId(id) },
    { title: 'provider', cell: ({ provider, key }) => provider ?? `owner ${key.payee}`, widthMin: 13 },
    {
      title: isDryRun ? 'left' : 'refunded',
      cell: row => money(isDryRun ? row.left : (row.refunded ?? 0n)),
      align: 'right'
    },
    { title: 'state', cell: row => (row.error === undefined ? stateOf(row, nowSec) : messageOf(row.error)) }
  ]
  await output.answer({
    json: {
      dryRun: isDryRun,
      channels: rows.map(row => ({
        id: row.id,
        payee: row.key.payee,
        provider: row.provider ?? null,
        left: row.left,
        refunded: row.refunded ?? null,
        closeAt: row.closeAt,
        heldUntil: row.heldUntil,
        state: stateOf(row, nowSec),
        transaction: row.transaction ?? null,
        error: row.error === undefined ? null : { code: codeOf(row.error), message: messageOf(row.error) }
      }))
    },
    names: () => rows.map(({ id }) => id),
    human: ({ table }) => (rows.length === 0 ? 'No channel holds anything.' : table(columns, rows))
  })
  if (isDryRun) output.note('Nothing was sent.')
  else {
    const waiting = rows.filter(({ closeAt }) => closeAt !== 0)
    if (waiting.length > 0) {
      const dueAt = Math.max(...waiting.map(dueAtOf))
      output.note(`Providers have until then to redeem. From ${clockText(dueAt)} on: archipel escrow close --all`)
    } else if (rows.length > 0) output.note('Next: archipel escrow withdraw --all')
  }
  const failed = rows.find(({ error }) => error !== undefined)
  return failed === undefined ? undefined : exitCodeOf(codeOf(failed.error))
}

function codeOf(error: unknown): string {
  return isCodedError(error) ? error.code : 'E_UNEXPECTED'
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

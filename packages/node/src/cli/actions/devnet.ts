import { formatDurationMs } from '../../config/units/duration.ts'
import {
  createDevnet,
  type Devnet,
  type DevnetProgress,
  type DevnetProvider,
  type DevnetStatus
} from '../../devnet/index.ts'
import type { Context } from '../context.ts'
import { EXIT } from '../errors/exit-codes.ts'
import type { Invocation } from '../host.ts'
import type { Answer } from '../output/output.ts'
import type { Column } from '../output/table.ts'

export async function up({ context }: Invocation<object>): Promise<undefined> {
  const { output, signal } = context
  const beganMs = performance.now()
  const { descriptor, started, ...status } = await (await devnetOf(context)).up({ signal })
  const tookMs = Math.round(performance.now() - beganMs)
  await output.answer({
    ...answerOf(status),
    json: { ...answerOf(status).json, descriptor, started, tookMs }
  })
  if (started.length === 0) output.note('It was up already.')
  else output.note(`${started.length} providers started in ${formatDurationMs(tookMs)}.`)
  output.note('Next: archipel offers ls · archipel wallet balance · archipel devnet down')
}

export async function down({ context }: Invocation<object>): Promise<undefined> {
  const devnet = await devnetOf(context)
  const { isUp, dir } = devnet.status()
  await devnet.down()
  await context.output.answer({
    json: { dir, wasUp: isUp },
    names: () => [],
    human: () => (isUp ? 'The devnet is down.' : 'No devnet was up.')
  })
}

export async function status({ context }: Invocation<object>): Promise<number> {
  const now = (await devnetOf(context)).status()
  await context.output.answer(answerOf(now))
  if (now.isUp) return EXIT.ok
  context.output.note('Not up: archipel devnet up starts it.')
  return EXIT.notFound
}

export async function killRegion({ context, args }: Invocation<object>): Promise<undefined> {
  const region = String(args[0])
  const killed = await (await devnetOf(context)).killRegion(region)
  await context.output.answer({
    json: { region, killed },
    names: () => killed,
    human: () => (killed.length === 0 ? `Nothing was running in ${region}.` : `Killed: ${killed.join(', ')}`)
  })
  if (killed.length > 0) context.output.note('archipel devnet up starts them again.')
}

async function devnetOf(context: Context): Promise<Devnet> {
  const [{ root }, { network }] = await Promise.all([context.folder(), context.settings()])
  return createDevnet({ dir: root, name: network, onProgress: progress => context.output.note(describe(progress)) })
}

function describe(progress: DevnetProgress): string {
  switch (progress.type) {
    case 'chain':
      return `chain answers at ${progress.rpcUrl}`
    case 'contracts':
      return `escrow is at ${progress.descriptor.escrow}, token at ${progress.descriptor.token}`
    case 'provider':
      return `provider ${progress.name} runs`
    case 'offers':
      return `offers known everywhere: ${progress.known} of ${progress.of}`
  }
}

const COLUMNS: readonly Column<DevnetProvider>[] = [
  { title: 'provider', cell: ({ name }) => name },
  { title: 'region', cell: ({ region }) => region },
  { title: 'network', cell: ({ plan }) => plan.domains.network },
  { title: 'price/core-hour', cell: ({ plan }) => String(plan.prices.cpuHour), align: 'right' },
  { title: 'pid', cell: ({ pid }) => (pid === undefined ? 'dead' : String(pid)), align: 'right' },
  { title: 'address', cell: ({ address }) => address, widthMin: 13 }
]

function answerOf(status: DevnetStatus): Answer {
  const { dir, rpcUrl, buyer, providers } = status
  return {
    json: { ...status, providers: providers.map(({ plan, ...rest }) => ({ ...rest, domains: plan.domains })) },
    names: () => providers.map(({ name }) => name),
    human: ({ table, fields }) => {
      const about = fields([
        ['folder', dir],
        ['chain', rpcUrl ?? 'not running'],
        ['buyer', buyer ?? 'none yet']
      ])
      return providers.length === 0 ? about : `${table(COLUMNS, providers)}\n\n${about}`
    }
  }
}

/** A provider in a process of its own, to be killed at any moment: `node provider-process.ts '<json of ProviderOrders>'`. */
import { fromHex } from '@archipel/protocol'
import { createProviderNode, type Logger } from 'archipel'
import { type ProviderOrders, readOrders, tell } from './orders.ts'

const MICRO = 10n ** 12n
const GIB = 2 ** 30
const { descriptor, privateKey, dataDir, owner, port } = readOrders<ProviderOrders>()

const say = (facts: unknown, message?: string): void =>
  void process.stderr.write(`${message}: ${JSON.stringify(facts, plain)}\n`)
const node = await createProviderNode({
  config: {
    network: descriptor,
    owner,
    listen: [`/ip4/127.0.0.1/tcp/${port}`],
    resources: { cpuMillis: 64_000, memoryBytes: 64 * GIB, diskBytes: 64 * GIB },
    prices: { startup: MICRO, cpuSec: MICRO, memGiBSec: MICRO, terafuel: MICRO },
    // Little credit and early redemption: every transition comes soon.
    tickSec: 1,
    redeem: { amountMin: 1n, ageSecMax: 0 },
    domains: { site: 'here', network: 'here', region: 'here', grid: 'here' }
  },
  privateKey: fromHex(privateKey),
  dataDir,
  version: '0.1.0',
  logger: { debug: () => {}, info: () => {}, warn: say, error: say } as Logger
})
process.on('SIGTERM', () => {
  node.stop().then(() => process.exit(0))
})
await node.start()
tell({ type: 'ready' })

function plain(_: string, value: unknown): unknown {
  if (value instanceof Error) return { ...value, message: value.message }
  return typeof value === 'bigint' ? String(value) : value
}

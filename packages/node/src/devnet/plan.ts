import type { NodeFile } from '../config/node-config.ts'

/** A provider of a devnet: who it says it is, and what it asks. */
export interface ProviderPlan {
  /** Name of its folder. */
  readonly name: string
  readonly domains: NodeFile['domains']
  readonly prices: NodeFile['prices']
  /** Default {@link DEFAULT_RESOURCES}. */
  readonly resources?: NodeFile['resources']
  readonly tick?: NodeFile['tick']
  readonly redeem?: NodeFile['redeem']
  readonly disputes?: NodeFile['disputes']
  /** Added to its environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Program that Node runs instead of the `archipel` command, with the same arguments: for tests of bad providers. */
  readonly entry?: string
}

const DEFAULT_RESOURCES: NodeFile['resources'] = { cpus: 4, memory: '4GiB', disk: '4GiB' }
/** Vouchers are redeemed within seconds, so that a few jobs show the whole way of the money. */
const DEFAULT_REDEEM: NodeFile['redeem'] = { amount: '1', age: '10s' }
const DEFAULT_TICK = '10s'

interface Region {
  readonly name: string
  readonly networks: readonly [string, string]
  readonly grid: string
}

const REGIONS: readonly Region[] = [
  { name: 'eu-west', networks: ['as64501', 'as64502'], grid: 'entsoe' },
  { name: 'us-east', networks: ['as64511', 'as64512'], grid: 'pjm' },
  { name: 'ap-south', networks: ['as64521', 'as64522'], grid: 'india-south' }
]
/** Tokens per core and hour: near each other, so that a choice shows, and different, so that it is the same each time. */
const CPU_HOUR_PRICES = ['0.010', '0.013', '0.011', '0.014', '0.012', '0.015']

/** Six operators in three regions, no two in one building or network. */
export const DEFAULT_PROVIDERS: readonly ProviderPlan[] = REGIONS.flatMap(({ name, networks, grid }, regionIndex) =>
  networks.map((network, index) => ({
    name: `${name}-${index + 1}`,
    domains: { site: `${name}-site-${index + 1}`, network, region: name, grid },
    prices: pricesOf(CPU_HOUR_PRICES[regionIndex * 2 + index]!)
  }))
)

function pricesOf(cpuHour: string): NodeFile['prices'] {
  return { startup: '0.00001', cpuHour, memoryGiBHour: '0.001' }
}

/** The node.yaml of a provider. */
export function nodeFileOf(
  plan: ProviderPlan,
  { owner, listen }: { owner: string; listen: readonly string[] }
): NodeFile {
  return {
    owner,
    listen: [...listen],
    domains: plan.domains,
    resources: plan.resources ?? DEFAULT_RESOURCES,
    prices: plan.prices,
    tick: plan.tick ?? DEFAULT_TICK,
    redeem: plan.redeem ?? DEFAULT_REDEEM,
    ...(plan.disputes === undefined ? {} : { disputes: plan.disputes })
  }
}

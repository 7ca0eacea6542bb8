import type { NetworkDescriptor } from '@archipel/client'
import { type Address, CodedError, LABEL_BYTES_MAX, MULTIADDRS_MAX, TICK_SEC_MAX, type Wei } from '@archipel/protocol'
import { stringify } from 'yaml'
import { z } from 'zod'
import type { ProviderConfig } from '../provider.ts'
import { addressSchema, multiaddrSchema } from './descriptor.ts'
import { parseDocumentText, readDocument } from './document.ts'
import { writePrivateFile } from './private-file.ts'
import { formatAmount } from './units/amount.ts'
import { amountSchema, durationSecSchema, positiveAmountSchema, reportSchema, sizeSchema } from './units/schema.ts'

/** The name of a failure domain: compared letter by letter, so one spelling only. */
export const labelSchema = z
  .string()
  .max(LABEL_BYTES_MAX)
  .regex(/^[a-z0-9][a-z0-9._-]*$/, 'must be lower-case letters, digits, dots, dashes and underscores')

/** A host and perhaps a port, as they stand in front of an image's name. */
const registrySchema = z
  .string()
  .max(255)
  .regex(/^[a-z0-9][a-z0-9.-]*(?::\d{1,5})?$/, 'must be a host name, perhaps with a port')
/** More than anybody trusts. */
const REGISTRIES_MAX = 64

/** What `node.yaml` says, in the units people think in. */
const nodeFileSchema = z.strictObject({
  owner: addressSchema,
  listen: z.array(multiaddrSchema).min(1).max(MULTIADDRS_MAX),
  /** What to tell others instead of what was found out: behind a proxy, or for a network's first peers. */
  announce: z.array(multiaddrSchema).max(MULTIADDRS_MAX).optional(),
  /** Lends connections to peers behind routers (`serve`), or is behind one (`use`). */
  relay: z.enum(['serve', 'use']).optional(),
  /** Looks for peers on the same LAN, and tells it of itself. */
  lan: z.boolean().optional(),
  domains: z.strictObject({ site: labelSchema, network: labelSchema, region: labelSchema, grid: labelSchema }),
  resources: z.strictObject({ cpus: z.number().min(0.001).max(4096), memory: sizeSchema, disk: sizeSchema }),
  prices: z.strictObject({
    startup: amountSchema,
    cpuHour: amountSchema,
    memoryGiBHour: amountSchema,
    /** For 10¹² of fuel, which WebAssembly is paid by. Left out, a seventh of a core's hour. */
    terafuel: amountSchema.optional()
  }),
  tick: durationSecSchema.refine(sec => sec <= TICK_SEC_MAX, `at most ${TICK_SEC_MAX / 3600}h`),
  redeem: z.strictObject({
    amount: amountSchema,
    age: durationSecSchema,
    /** Tokens that one native coin is worth: with it no transaction costs more than `feeShare` of what it brings. */
    coinPrice: amountSchema.optional(),
    feeShare: z.number().gt(0).max(1).optional(),
    atStop: z.enum(['all', 'worthwhile', 'nothing']).optional()
  }),
  /** How far this node goes to court for what it is owed. */
  disputes: z
    .strictObject({
      /** False: it only says what it would do. */
      auto: z.boolean().optional(),
      /** Least amount that a case is opened or contested for. */
      min: positiveAmountSchema.optional(),
      /** Most that is staked on one case, over all of its juries, in the court's token. */
      maxStake: amountSchema.optional(),
      /** Most that the transactions of one case may cost, in the chain's coin. */
      maxFee: amountSchema.optional(),
      /** How long a buyer may be silent. */
      grace: durationSecSchema.optional()
    })
    .optional(),
  /** What is done about other providers that contradict themselves; weighed by `redeem.coinPrice`. */
  faults: z.strictObject({ report: reportSchema.optional() }).optional(),
  /** Runs container images, too, in the engine behind `socket`. */
  containers: z
    .strictObject({
      socket: z.string().startsWith('/', 'must be an absolute path').optional(),
      runtime: labelSchema.optional(),
      registries: z.array(registrySchema).max(REGISTRIES_MAX).optional()
    })
    .optional(),
  /** Most tokens that one buyer may owe at a time. */
  unpaid: amountSchema.optional(),
  passwordFile: z.string().min(1).optional()
})
/** As a person writes it. */
export type NodeFile = z.input<typeof nodeFileSchema>

export interface NodeConfig {
  readonly provider: Omit<ProviderConfig, 'network'>
  readonly passwordFile: string | undefined
}

const INIT = { schema: nodeFileSchema, code: 'E_CONFIG_INVALID' }
const SECONDS_PER_HOUR = 3600n
/** What ordinary programs burn in an hour, two instructions in each nanosecond. */
const TERAFUEL_PER_HOUR = 7n

/** @throws CodedError E_NO_NODE_CONFIG, E_CONFIG_INVALID */
export async function readNodeConfig(file: string): Promise<NodeConfig> {
  try {
    return toConfig(await readDocument(file, INIT))
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err
    throw new CodedError('E_NO_NODE_CONFIG', `this node was not set up: there is no ${file}`, {
      facts: { file },
      hint: 'archipel node init asks three questions and writes it'
    })
  }
}

/**
 * @param exclusive leave an existing file alone and answer false
 * @throws CodedError E_CONFIG_INVALID: what would not be read is not written
 */
export async function writeNodeConfig(file: string, node: NodeFile, { exclusive = false } = {}): Promise<boolean> {
  const text = `# How this node sells its time. Written by \`archipel node init\`; edit freely, then restart the node.\n${stringify(node)}`
  parseDocumentText(text, file, INIT)
  return writePrivateFile(file, text, { exclusive })
}

export interface NodeFileInit {
  owner: Address
  network: Pick<NetworkDescriptor, 'allowPrivateAddresses'>
  region: string
  site: string
  /** What one core for an hour costs; memory and starting are priced from it. */
  cpuHour: Wei
  cpus: number
  memoryBytes: number
  passwordFile?: string | undefined
}

/** Where nodes of a public network listen unless told otherwise. */
const PUBLIC_LISTEN = ['/ip4/0.0.0.0/tcp/4101', '/ip4/0.0.0.0/tcp/4102/ws']
const PRIVATE_LISTEN = ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws']
/** Clouds sell about eight GiB of memory for the price of one core. */
const GIB_PER_CPU_PRICE = 8n
/** Starting a program costs about a second of a core: a process, its sandbox, compiling. */
const STARTUP_CPU_SEC = 1n
const DISK_BYTES = 10 * 2 ** 30
/** Replicas in one unknown domain count as one, which is the safe thing to say for who does not know. */
const UNKNOWN = 'unknown'

/** A node's first configuration. */
export function initialNodeFile(init: NodeFileInit): NodeFile {
  const { owner, network, region, site, cpuHour, cpus, memoryBytes, passwordFile } = init
  return {
    owner,
    listen: network.allowPrivateAddresses ? PRIVATE_LISTEN : PUBLIC_LISTEN,
    domains: { site, network: UNKNOWN, region, grid: UNKNOWN },
    resources: { cpus, memory: asMiB(memoryBytes), disk: asMiB(DISK_BYTES) },
    prices: {
      startup: formatAmount((cpuHour * STARTUP_CPU_SEC) / SECONDS_PER_HOUR),
      cpuHour: formatAmount(cpuHour),
      memoryGiBHour: formatAmount(cpuHour / GIB_PER_CPU_PRICE)
    },
    tick: '30s',
    redeem: { amount: '1', age: '1h' },
    ...(passwordFile === undefined ? {} : { passwordFile })
  }
}

function toConfig(node: z.output<typeof nodeFileSchema>): NodeConfig {
  const { owner, listen, domains, resources, prices, tick, redeem, disputes = {}, faults } = node
  const { announce, relay, lan, containers, unpaid, passwordFile } = node
  return {
    provider: {
      owner,
      listen,
      announce,
      relay,
      lan,
      domains,
      resources: {
        cpuMillis: Math.round(resources.cpus * 1000),
        memoryBytes: resources.memory,
        diskBytes: resources.disk
      },
      prices: {
        startup: prices.startup,
        cpuSec: perSecond(prices.cpuHour),
        memGiBSec: perSecond(prices.memoryGiBHour),
        terafuel: prices.terafuel ?? divideUp(prices.cpuHour, TERAFUEL_PER_HOUR)
      },
      tickSec: tick,
      unpaidMax: unpaid,
      containers,
      redeem: {
        amountMin: redeem.amount,
        ageSecMax: redeem.age,
        coinPrice: redeem.coinPrice,
        feeShareMax: redeem.feeShare,
        atStop: redeem.atStop
      },
      disputes: {
        isAutomatic: disputes.auto,
        amountMin: disputes.min,
        stakeMax: disputes.maxStake,
        feeWeiMax: disputes.maxFee,
        graceSec: disputes.grace,
        // What the coin is worth is one thing, whatever gas is paid for.
        coinPrice: redeem.coinPrice,
        feeShareMax: redeem.feeShare
      },
      faults
    },
    passwordFile
  }
}

/** Rounded up: an hour never costs less than what the file says. */
function perSecond(perHour: Wei): Wei {
  return divideUp(perHour, SECONDS_PER_HOUR)
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by
}

function asMiB(bytes: number): string {
  return `${Math.floor(bytes / 2 ** 20)}MiB`
}

import { existsSync } from 'node:fs'
import { availableParallelism, hostname, totalmem } from 'node:os'
import { type Address, CodedError, isHex } from '@archipel/protocol'
import { nodeFiles } from '../../config/folders.ts'
import { initialNodeFile, labelSchema, writeNodeConfig } from '../../config/node-config.ts'
import { formatAmount, parsePositiveAmount } from '../../config/units/amount.ts'
import { parseSizeBytes } from '../../config/units/size.ts'
import { createWallet, walletAddress } from '../../wallet/wallet.ts'
import type { Context } from '../context.ts'
import { codedError } from '../errors/coded.ts'
import type { Invocation } from '../host.ts'
import { newPassword } from './wallet.ts'

interface InitOptions {
  region?: string
  price?: string
  owner?: string
  site?: string
  cpus?: string
  memory?: string
}

/** Wallet that a node signs with. */
export const NODE_WALLET = 'node'
const DEFAULT_REGION = 'local'
const DEFAULT_PRICE = '0.01'
/** Answer that means: the node's own key. */
const OWN_KEY = 'node'

export async function initNode({ context, options }: Invocation<InitOptions>): Promise<undefined> {
  const [settings, folder, network] = await Promise.all([context.settings(), context.folder(), context.network()])
  const { config } = nodeFiles(folder)
  if (existsSync(config)) throw exists(config)

  const region = await answer(context, options.region, {
    name: '--region',
    message: 'Region this computer stands in',
    defaultValue: DEFAULT_REGION,
    parse: label
  })
  const cpuHour = await answer(context, options.price, {
    name: '--price',
    message: 'Price of one core for an hour, in tokens',
    defaultValue: DEFAULT_PRICE,
    parse: parsePositiveAmount
  })
  const owner = await answer(context, options.owner, {
    name: '--owner',
    message: `Address that earnings are paid to (${OWN_KEY}: the key of this node)`,
    defaultValue: await walletAddress(folder.keystore, settings.wallet).catch(() => OWN_KEY),
    parse: ownerAddress
  })
  const address = await nodeKey(context, folder.keystore, settings.passwordFile)
  const node = initialNodeFile({
    owner: owner ?? address,
    network,
    region,
    site: label(options.site ?? siteName(), '--site'),
    cpuHour,
    cpus: options.cpus === undefined ? availableParallelism() : cpuCount(options.cpus),
    memoryBytes: options.memory === undefined ? totalmem() / 2 : parseSizeBytes(options.memory, '--memory'),
    passwordFile: settings.passwordFile
  })
  if (!(await writeNodeConfig(config, node, { exclusive: true }))) throw exists(config)
  await context.output.answer({
    json: { address, owner: node.owner, region, cpuHour, file: config },
    names: () => [address],
    human: ({ fields }) =>
      fields([
        ['node', address],
        ['owner', node.owner],
        ['region', region],
        ['price', `${formatAmount(cpuHour)} tokens per core and hour`],
        ['file', config]
      ])
  })
  context.output.note('Next: archipel node start')
}

interface Asked<T> {
  name: string
  message: string
  defaultValue: string
  /** Throws a coded error that says what is wrong. */
  parse: (text: string, name: string) => T
}

async function answer<T>(context: Context, given: string | undefined, asked: Asked<T>): Promise<T> {
  const { name, message, defaultValue, parse } = asked
  if (given !== undefined) return parse(given, name)
  if (!context.isInteractive || context.flags.yes) return parse(defaultValue, name)
  const { askText } = await import('../prompt.ts')
  const validate = (text: string) => {
    try {
      parse(text, name)
      return undefined
    } catch (err) {
      return (err as Error).message
    }
  }
  return parse(await askText({ message, defaultValue, validate }, context.signal), name)
}

async function nodeKey(context: Context, keystore: string, passwordFile: string | undefined): Promise<Address> {
  try {
    return await walletAddress(keystore, NODE_WALLET)
  } catch (err) {
    if ((err as { code?: string }).code !== 'E_NO_WALLET') throw err
  }
  const { address } = await createWallet(keystore, NODE_WALLET, { password: await newPassword(context, passwordFile) })
  return address
}

function label(text: string, name: string): string {
  const parsed = labelSchema.safeParse(text)
  if (parsed.success) return parsed.data
  throw codedError('E_USAGE', `${name}: ${JSON.stringify(text)} ${parsed.error.issues[0]?.message}`)
}

/** undefined for the node's own key. */
function ownerAddress(text: string, name: string): Address | undefined {
  if (text === OWN_KEY) return undefined
  if (isHex(text, 20)) return text.toLowerCase() as Address
  throw codedError('E_USAGE', `${name}: ${JSON.stringify(text)} is not an address: 0x and 40 hex digits`)
}

function cpuCount(text: string): number {
  const cpus = /^\d{1,4}(?:\.\d{1,3})?$/.test(text) ? Number(text) : 0
  if (cpus > 0) return cpus
  throw codedError('E_USAGE', `--cpus: ${JSON.stringify(text)} is not a number of cores`)
}

/** Name of this computer in the letters that labels have. */
function siteName(): string {
  return (
    hostname()
      .toLowerCase()
      .replace(/[^a-z0-9._-]/g, '-')
      .replace(/^[^a-z0-9]+/, '')
      .slice(0, 64) || 'unknown'
  )
}

function exists(file: string): CodedError {
  return new CodedError('E_NODE_EXISTS', `this node is set up already: ${file}`, {
    facts: { file },
    hint: 'edit that file and restart the node'
  })
}

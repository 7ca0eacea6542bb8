import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { DisputeSettings, ReportRules, SpendingLimits } from '@archipel/client'
import { CodedError } from '@archipel/protocol'
import { z } from 'zod'
import { networkNameSchema, rpcUrlsSchema } from './descriptor.ts'
import { readDocument } from './document.ts'
import { configHome, dataHome } from './folders.ts'
import { amountSchema, positiveAmountSchema, reportSchema } from './units/schema.ts'
import { walletNameSchema } from './wallet-name.ts'

/** What a configuration file may say. */
const fileSchema = z.strictObject({
  network: networkNameSchema.optional(),
  /** Folder of the network; relative to the file. */
  dataDir: z.string().min(1).optional(),
  rpcUrls: rpcUrlsSchema.optional(),
  wallet: walletNameSchema.optional(),
  passwordFile: z.string().min(1).optional(),
  /** Most that a buyer's client may promise, in tokens. */
  limits: z
    .strictObject({
      /** For one job, whatever `--max-price` says. */
      job: positiveAmountSchema.optional(),
      /** In any 24 hours. */
      day: positiveAmountSchema.optional(),
      /** To one provider in any 24 hours. */
      provider: positiveAmountSchema.optional()
    })
    .optional(),
  /** How far a buyer's client goes to court by itself. */
  disputes: z
    .strictObject({
      /** False: it only says what it would do. */
      auto: z.boolean().optional(),
      /** Least amount that a case is opened or contested for. */
      min: positiveAmountSchema.optional(),
      /** Most that is staked on one case, in the court's token. */
      maxStake: amountSchema.optional(),
      /** Most that the transactions of one case may cost, in the chain's coin. */
      maxFee: amountSchema.optional(),
      /** Tokens that one coin is worth: with it no case costs more than a quarter of what it is about. */
      coinPrice: positiveAmountSchema.optional()
    })
    .optional(),
  /** What is done about providers that contradict themselves. */
  faults: z
    .strictObject({
      report: reportSchema.optional(),
      /** Tokens that one native coin is worth: with it reports are weighed against their fees. */
      coinPrice: positiveAmountSchema.optional()
    })
    .optional()
})
type FileSettings = z.infer<typeof fileSchema>

/** The same from flags; undefined where a flag was not given. */
export interface SettingFlags {
  network?: string | undefined
  dataDir?: string | undefined
  config?: string | undefined
  wallet?: string | undefined
  passwordFile?: string | undefined
  limitDay?: string | undefined
  limitProvider?: string | undefined
}

export interface Settings {
  readonly network: string
  /** The folder of the network, absolute. */
  readonly dataDir: string
  /** Used instead of the descriptor's. */
  readonly rpcUrls: readonly string[] | undefined
  readonly wallet: string
  readonly passwordFile: string | undefined
  /** Each from the first place that names it. */
  readonly limits: SpendingLimits
  readonly disputes: DisputeSettings
  /** The same. */
  readonly reports: ReportRules
}

const LIMITS = ['job', 'day', 'provider'] as const
const DEFAULT_NETWORK = 'devnet'
const DEFAULT_WALLET = 'default'
const SYSTEM_FILE = '/etc/archipel/config.yaml'

/**
 * Flags, then `ARCHIPEL_*`, then `./archipel.yaml` (or `--config`), the user's file, the system's file, defaults.
 *
 * @throws CodedError E_CONFIG_INVALID naming file, line, column and key; E_CONFIG_NOT_FOUND for a `--config` that is not
 */
export async function loadSettings(flags: SettingFlags, env: NodeJS.ProcessEnv, cwd: string): Promise<Settings> {
  const named = flags.config ?? (env.ARCHIPEL_CONFIG || undefined)
  const files = [join(configHome(env), 'config.yaml'), SYSTEM_FILE].filter(file => existsSync(file))
  const project = resolve(cwd, named ?? 'archipel.yaml')
  if (existsSync(project)) files.unshift(project)
  else if (named !== undefined) {
    throw new CodedError('E_CONFIG_NOT_FOUND', `there is no configuration file ${project}`, {
      facts: { file: project }
    })
  }
  const layers: FileSettings[] = [fromFlags(flags, cwd), fromEnv(env, cwd), ...(await Promise.all(files.map(fromFile)))]
  const pick = <Key extends keyof FileSettings>(key: Key): FileSettings[Key] =>
    layers.find(layer => layer[key] !== undefined)?.[key]
  const network = pick('network') ?? DEFAULT_NETWORK
  return {
    network,
    dataDir: pick('dataDir') ?? join(dataHome(env), network),
    rpcUrls: pick('rpcUrls'),
    wallet: pick('wallet') ?? DEFAULT_WALLET,
    passwordFile: pick('passwordFile'),
    limits: Object.fromEntries(
      LIMITS.flatMap(name => {
        const amount = layers.find(({ limits }) => limits?.[name] !== undefined)?.limits?.[name]
        return amount === undefined ? [] : [[name, amount]]
      })
    ),
    disputes: disputesOf(pick('disputes')),
    reports: {
      report: layers.find(({ faults }) => faults?.report !== undefined)?.faults?.report,
      coinPrice: layers.find(({ faults }) => faults?.coinPrice !== undefined)?.faults?.coinPrice
    }
  }
}

function disputesOf({ auto, min, maxStake, maxFee, coinPrice }: FileSettings['disputes'] = {}): DisputeSettings {
  return { isAutomatic: auto, amountMin: min, stakeMax: maxStake, feeWeiMax: maxFee, coinPrice }
}

async function fromFile(file: string): Promise<FileSettings> {
  const settings = await readDocument(file, {
    schema: fileSchema,
    code: 'E_CONFIG_INVALID',
    hint: `known keys: ${Object.keys(fileSchema.shape).join(', ')}`
  })
  return withPaths(settings, join(file, '..'))
}

function fromFlags(flags: SettingFlags, cwd: string): FileSettings {
  const { network, dataDir, wallet, passwordFile, limitDay, limitProvider } = flags
  const given = { network, dataDir, wallet, passwordFile, limits: { day: limitDay, provider: limitProvider } }
  return withPaths(
    check(
      given,
      path =>
        `--${path
          .map(dashed)
          .join('-')
          .replace(/^limits-/, 'limit-')}`,
      'E_USAGE'
    ),
    cwd
  )
}

function fromEnv(env: NodeJS.ProcessEnv, cwd: string): FileSettings {
  const text = (name: string) => env[name] || undefined
  const given = {
    network: text('ARCHIPEL_NETWORK'),
    dataDir: text('ARCHIPEL_DATA_DIR'),
    rpcUrls: text('ARCHIPEL_RPC_URLS')?.split(','),
    wallet: text('ARCHIPEL_WALLET'),
    passwordFile: text('ARCHIPEL_PASSWORD_FILE'),
    limits: {
      job: text('ARCHIPEL_LIMIT_JOB'),
      day: text('ARCHIPEL_LIMIT_DAY'),
      provider: text('ARCHIPEL_LIMIT_PROVIDER')
    },
    faults: { report: text('ARCHIPEL_FAULTS_REPORT'), coinPrice: text('ARCHIPEL_FAULTS_COIN_PRICE') }
  }
  const nameOf = (path: readonly string[]) =>
    `ARCHIPEL_${path
      .map(dashed)
      .join('_')
      .replaceAll('-', '_')
      .toUpperCase()
      .replace(/^LIMITS_/, 'LIMIT_')}`
  return withPaths(check(given, nameOf, 'E_CONFIG_INVALID'), cwd)
}

function check(
  given: Record<string, unknown>,
  nameOf: (path: readonly string[]) => string,
  code: string
): FileSettings {
  const parsed = fileSchema.safeParse(given)
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]!
  // An index into a list says nothing about what was typed.
  const names = path.filter(part => typeof part === 'string')
  const value = names.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], given)
  throw new CodedError(code, `${nameOf(names)}: ${message}`, { facts: { value } })
}

function withPaths(settings: FileSettings, folder: string): FileSettings {
  const { dataDir, passwordFile } = settings
  return {
    ...settings,
    ...(dataDir === undefined ? {} : { dataDir: resolve(folder, dataDir) }),
    ...(passwordFile === undefined ? {} : { passwordFile: resolve(folder, passwordFile) })
  }
}

const dashed = (key: string): string => key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)

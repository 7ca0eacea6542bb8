import type { NetworkDescriptor } from '@archipel/client'
import type { NetworkFolder } from '../config/folders.ts'
import type { Settings } from '../config/settings.ts'
import type { UnlockedWallet } from '../wallet/wallet.ts'
import type { GlobalFlags } from './flags.ts'
import type { Interrupts } from './interrupts.ts'
import { createOutput, type Output } from './output/output.ts'

/** What every command has at hand. Whatever is costly to load or may be missing is a function. */
export interface Context {
  readonly flags: GlobalFlags
  readonly output: Output
  /** Aborted by the first SIGINT or SIGTERM and by `--timeout`. */
  readonly signal: AbortSignal
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  /** True when a person can be asked: a terminal on both sides and no `--no-input`. */
  readonly isInteractive: boolean
  /** @throws CodedError E_CONFIG_INVALID, E_CONFIG_NOT_FOUND, E_USAGE */
  settings(): Promise<Settings>
  folder(): Promise<NetworkFolder>
  /** The network chosen. @throws CodedError E_NO_NETWORK, E_NETWORK_INVALID */
  network(): Promise<NetworkDescriptor>
  /**
   * Opens the wallet chosen with the password from `--password-file`, the configuration, the file beside the key, or
   * the person in front of the terminal, in this order.
   *
   * @throws CodedError E_NO_WALLET, E_WRONG_PASSWORD, E_NO_PASSWORD, E_KEY_PERMISSIONS, E_KEYSTORE_INVALID
   */
  wallet(): Promise<UnlockedWallet>
}

/** Flags of commands that use a wallet: {@link addWalletFlags}. */
export interface WalletFlags {
  wallet?: string
  passwordFile?: string
}

export async function createContext(
  flags: GlobalFlags,
  interrupts: Interrupts,
  walletFlags: WalletFlags
): Promise<Context> {
  if (flags.timeout !== undefined) {
    const { parseDurationMs } = await import('../config/units/duration.ts')
    interrupts.startTimeout(parseDurationMs(flags.timeout, '--timeout'))
  }
  const { env, stdin, stdout, stderr } = process
  const cwd = process.cwd()
  const isInteractive = flags.interactive && stdin.isTTY === true && stderr.isTTY === true
  const context: Context = {
    flags,
    output: createOutput({ stdout, stderr, env, ...flags }),
    signal: interrupts.signal,
    env,
    cwd,
    isInteractive,
    settings: once(async () => {
      const { loadSettings } = await import('../config/settings.ts')
      return loadSettings({ ...flags, ...walletFlags }, env, cwd)
    }),
    folder: once(async () => {
      const { networkFolder } = await import('../config/folders.ts')
      return networkFolder((await context.settings()).dataDir)
    }),
    network: once(async () => {
      const [{ readDescriptor }, settings, folder] = await Promise.all([
        import('../config/descriptor.ts'),
        context.settings(),
        context.folder()
      ])
      const descriptor = await readDescriptor(folder.descriptor, settings.network)
      return settings.rpcUrls === undefined ? descriptor : { ...descriptor, rpcUrls: settings.rpcUrls }
    }),
    wallet: once(async () => {
      const [{ openWallet }, { wallet, passwordFile }, { keystore }] = await Promise.all([
        import('../wallet/wallet.ts'),
        context.settings(),
        context.folder()
      ])
      return openWallet(keystore, wallet, { passwordFile, ask: await passwordPrompt(context) })
    })
  }
  return context
}

/** How to ask for a password; undefined when nobody can be asked. */
export async function passwordPrompt(context: Context): Promise<((message: string) => Promise<string>) | undefined> {
  if (!context.isInteractive) return undefined
  const { askPassword } = await import('./prompt.ts')
  return message => askPassword(message, context.signal)
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

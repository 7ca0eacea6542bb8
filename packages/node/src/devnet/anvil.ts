import { existsSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { CodedError } from '@archipel/protocol'
import { isAlive, type ProcessIdentity } from '../control/process-identity.ts'
import { killDaemons, poll, startDaemon, startFailed } from './daemon.ts'
import { CHAIN_START_ATTEMPTS_MAX, CHAIN_START_TIMEOUT_MS } from './limits.ts'
import { createRpc } from './rpc.ts'

export const DEVNET_CHAIN_ID = 31337
/** First account of the development phrase that anvil, hardhat and foundry share: it holds money on every local chain. */
export const FAUCET_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'

const PLATFORMS: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

/** Path of anvil's own program inside the installed npm package. @throws CodedError E_NO_ANVIL */
export function anvilProgram(): string {
  const name = `@foundry-rs/anvil-${process.platform}-${PLATFORMS[process.arch] ?? process.arch}`
  const program = process.platform === 'win32' ? 'anvil.exe' : 'anvil'
  try {
    // The platform's package is a dependency of the package, not of ours.
    const outer = createRequire(createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json'))
    const file = outer.resolve(`${name}/bin/${program}`)
    if (existsSync(file)) return file
  } catch {
    // Told below.
  }
  throw new CodedError('E_NO_ANVIL', 'the local chain, anvil, is not installed', {
    facts: { package: name },
    hint: 'npm install @foundry-rs/anvil'
  })
}

export interface ChainProcess {
  readonly process: ProcessIdentity
  readonly rpcUrl: string
}

export interface StartChainInit {
  /** anvil's home: whatever it writes stays here. */
  folder: string
  log: string
  /** Called right after each start, before anything is waited for. */
  onStart: (chain: ChainProcess) => void
  signal: AbortSignal | undefined
}

/** Starts a chain on a free loopback port; every transaction is mined at once. @throws CodedError E_START_FAILED */
export async function startChain({ folder, log, onStart, signal }: StartChainInit): Promise<ChainProcess> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const command = anvilProgram()
  for (let attempt = 1; ; attempt++) {
    // With port 0 anvil would have to be heard telling its port, and then logs every request for good.
    const port = await freePort()
    const args = ['--host', '127.0.0.1', '--port', String(port), '--chain-id', String(DEVNET_CHAIN_ID)]
    const env = { PATH: process.env.PATH, HOME: folder, TMPDIR: folder }
    const daemon = startDaemon({ command, args: [...args, '--order', 'fifo', '--silent'], cwd: folder, env, log })
    const chain = { process: daemon, rpcUrl: `http://127.0.0.1:${port}` }
    onStart(chain)
    if (await answers(chain, signal)) return chain
    await killDaemons([daemon])
    if (attempt === CHAIN_START_ATTEMPTS_MAX) throw startFailed('anvil', log)
  }
}

/** False when it ended, as when somebody else took its port. */
async function answers({ process, rpcUrl }: ChainProcess, signal: AbortSignal | undefined): Promise<boolean> {
  const rpc = createRpc(rpcUrl)
  const look = async () => {
    if (!isAlive(process)) return false
    const chainId = await rpc('eth_chainId', []).catch(() => undefined)
    return chainId === undefined ? undefined : true
  }
  const onTimeout = () =>
    new CodedError('E_START_FAILED', `anvil did not answer within ${CHAIN_START_TIMEOUT_MS} ms`, { facts: { rpcUrl } })
  return poll(look, { timeoutMs: CHAIN_START_TIMEOUT_MS, signal, onTimeout })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

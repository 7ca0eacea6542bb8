import { type ChildProcess, spawn } from 'node:child_process'
import { createPureSigner, fromHex, type Hex, type Signer } from '@archipel/protocol'
import { foundryBinary } from '../../../contracts/scripts/foundry.ts'

export interface Anvil {
  readonly url: string
  readonly chainId: number
  request(method: string, params?: readonly unknown[]): Promise<unknown>
  stop(): Promise<void>
}

const READY_TIMEOUT_MS = 15_000

/** A real local chain on a port of its own choosing. */
export async function startAnvil(chainId = 31337, args: readonly string[] = []): Promise<Anvil> {
  const anvil = spawn(foundryBinary('anvil'), ['--port', '0', '--chain-id', String(chainId), ...args], {
    stdio: ['ignore', 'pipe', 'ignore']
  })
  const url = await readUrl(anvil)
  return {
    url,
    chainId,
    async request(method, params = []) {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      return ((await response.json()) as { result: unknown }).result
    },
    async stop() {
      if (anvil.exitCode !== null || anvil.signalCode !== null) return
      const gone = new Promise(resolve => anvil.once('exit', resolve))
      anvil.kill('SIGKILL')
      await gone
    }
  }
}

function readUrl(anvil: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const timer = setTimeout(() => reject(new Error('anvil did not start')), READY_TIMEOUT_MS)
  let output = ''
  anvil.once('error', reject)
  anvil.once('exit', code => reject(new Error(`anvil ended with ${code}`)))
  // It goes on printing a line per call: reading it all keeps its pipe from filling up.
  anvil.stdout!.on('data', chunk => {
    if (output.length < 64 * 1024) output += String(chunk)
    const address = /Listening on (\S+)/.exec(output)?.[1]
    if (address !== undefined) resolve(`http://${address}`)
  })
  return promise.finally(() => clearTimeout(timer))
}

/** Keys of the accounts that every anvil funds, from its published test mnemonic. */
const DEV_KEYS: readonly Hex[] = [
  '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
  '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d',
  '0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a',
  '0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6'
]

export function devSigner(index: number): Signer {
  return createPureSigner(fromHex(DEV_KEYS[index]!))
}

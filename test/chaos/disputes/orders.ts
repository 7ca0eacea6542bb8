import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type DisputeSettings, FAILPOINT_VARIABLE, type NetworkDescriptor } from '@archipel/client'
import { type Address, type Hex, toHex } from '@archipel/protocol'
import type { DisputeWorld } from '../../fixtures/dispute-world.ts'

/** What a party's process is told, as JSON: amounts are decimal text. */
export interface PartyOrders {
  readonly role: 'provider' | 'buyer'
  readonly descriptor: NetworkDescriptor
  readonly privateKey: Hex
  readonly dir: string
  readonly owner: Address
  readonly settings: Readonly<Record<string, string>>
}

export function settingsOf({ graceSec, ...amounts }: PartyOrders['settings']): DisputeSettings {
  return {
    ...Object.fromEntries(Object.entries(amounts).map(([name, text]) => [name, BigInt(text)])),
    graceSec: Number(graceSec)
  }
}

export interface PartyEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly complaints: string
}

/** Lets a party look once, in a process of its own. @param failpoint as ARCHIPEL_FAILPOINT takes it */
export async function lookOnce(world: DisputeWorld, role: PartyOrders['role'], failpoint = ''): Promise<PartyEnd> {
  const { descriptor, node, buyer, owner, settings, dir } = world
  const orders: PartyOrders = {
    role,
    descriptor,
    privateKey: toHex((role === 'provider' ? node : buyer).privateKey),
    dir: join(dir, role),
    owner: owner.signer.address,
    settings: Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]))
  }
  const file = fileURLToPath(new URL('./party-process.ts', import.meta.url))
  const child = spawn(process.execPath, [file, JSON.stringify(orders)], {
    env: { ...process.env, [FAILPOINT_VARIABLE]: failpoint, NODE_COMPILE_CACHE: join(dir, 'compiled') },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: LOOK_TIMEOUT_MS,
    killSignal: 'SIGTERM'
  })
  let complaints = ''
  child.stderr.on('data', chunk => {
    complaints = `${complaints}${String(chunk)}`.slice(-2_000)
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { code, signal, complaints }
}

const LOOK_TIMEOUT_MS = 60_000

import { type Capability, capabilityKey, type Network } from '@archipel/client'
import type { Logger } from '../log.ts'

/** Keeps DHT provider records for what this peer has, so that strangers find it by capability. */
export interface Beacon {
  start(): void
  stop(): void
}

/** Records of a provider that died should not outlive it by much; a provide costs a look-up each. */
const REPROVIDE_MS = 10 * 60_000
/** Until the first success: a fresh node has nobody to tell yet. */
const RETRY_MS_MIN = 500
const RETRY_MS_MAX = 30_000
const PROVIDE_TIMEOUT_MS = 20_000

export interface BeaconInit {
  network: Network
  capabilities: readonly Capability[]
  log: Logger
}

export function createBeacon({ network, capabilities, log }: BeaconInit): Beacon {
  let timer: NodeJS.Timeout | undefined
  let retryMs = RETRY_MS_MIN
  const stopped = new AbortController()

  async function provideAll(): Promise<void> {
    for (const capability of capabilities) {
      const key = await capabilityKey(network.name, capability)
      await network.libp2p.contentRouting.provide(key, {
        signal: AbortSignal.any([stopped.signal, AbortSignal.timeout(PROVIDE_TIMEOUT_MS)])
      })
    }
  }

  async function run(): Promise<void> {
    let nextMs = REPROVIDE_MS
    try {
      if (network.libp2p.getPeers().length === 0) throw new Error('no peers yet')
      await provideAll()
      log.debug({ capabilities }, 'told the DHT what is here')
    } catch (err) {
      nextMs = retryMs
      retryMs = Math.min(retryMs * 2, RETRY_MS_MAX)
      if (!stopped.signal.aborted) log.debug({ err }, 'the DHT could not be told yet')
    }
    if (!stopped.signal.aborted) schedule(nextMs)
  }

  function schedule(waitMs: number): void {
    timer = setTimeout(() => void run(), waitMs)
    timer.unref()
  }

  return {
    start: () => schedule(0),
    stop() {
      stopped.abort(new Error('stopping'))
      clearTimeout(timer)
    }
  }
}

import { join } from 'node:path'
import type { NetworkDescriptor } from '@archipel/client'
import { CodedError } from '@archipel/protocol'
import { writeDescriptor } from '../config/descriptor.ts'
import { isAlive } from '../control/process-identity.ts'
import { startChain } from './anvil.ts'
import { poll } from './daemon.ts'
import { deployNetwork, type Funds, fundBuyer, giveGas } from './funds.ts'
import { buyerKey } from './keys.ts'
import { BOOKS_TIMEOUT_MS, PROVIDERS_MAX } from './limits.ts'
import type { ProviderPlan } from './plan.ts'
import { type ProviderReport, prepareProvider, reportOf, startProvider, untilReady } from './provider.ts'
import { type DevnetFolder, type DevnetState, EMPTY_STATE, type ProviderState, writeState } from './state.ts'

/** Told while a devnet starts. */
export type DevnetProgress =
  | { readonly type: 'chain'; readonly rpcUrl: string }
  | { readonly type: 'contracts'; readonly descriptor: NetworkDescriptor }
  | { readonly type: 'provider'; readonly name: string; readonly ready: number; readonly of: number }
  | { readonly type: 'offers'; readonly known: number; readonly of: number }

export interface StarterInit {
  folder: DevnetFolder
  plans: readonly ProviderPlan[]
  name: string
  funds: Funds
  onProgress: (progress: DevnetProgress) => void
  signal: AbortSignal | undefined
}

/** Starts the parts of a devnet and notes each down as soon as it runs. */
export interface Starter {
  /** In an empty folder. */
  startFresh(): Promise<NetworkDescriptor>
  /** Starts again the providers that died. @returns their names */
  startMissing(state: DevnetState, descriptor: NetworkDescriptor): Promise<string[]>
}

export function createStarter({ folder, plans, name, funds, onProgress, signal }: StarterInit): Starter {
  const options = signal === undefined ? {} : { signal }
  let state: DevnetState = EMPTY_STATE

  function note(change: Partial<DevnetState>): void {
    state = { ...state, ...change }
    writeState(folder, state)
  }

  async function start(provider: ProviderState, descriptor: NetworkDescriptor): Promise<ProviderReport> {
    const process = await startProvider(folder, provider, descriptor)
    note({ providers: state.providers.map(one => (one.plan.name === provider.plan.name ? { ...one, process } : one)) })
    const report = await untilReady(folder, provider.plan, process, signal)
    const ready = state.providers.filter(one => one.process !== undefined && isAlive(one.process)).length
    onProgress({ type: 'provider', name: provider.plan.name, ready, of: state.providers.length })
    return report
  }

  /** The first is alone for a moment: the others need an address to begin with. */
  async function startAll(providers: readonly ProviderState[], chain: NetworkDescriptor): Promise<NetworkDescriptor> {
    const [first, ...rest] = firstContactsFirst(providers)
    if (first === undefined) return chain
    const firstReport = await start(first, chain)
    const joining = { ...chain, bootstrap: addressesOf([firstReport]) }
    const [second] = await Promise.all(rest.map(provider => start(provider, joining)))
    return { ...chain, bootstrap: addressesOf(second === undefined ? [firstReport] : [firstReport, second]) }
  }

  /** Until the first contacts of newcomers know the offer of every provider that runs. */
  async function untilKnown(): Promise<void> {
    const running = state.providers.filter(({ process }) => process !== undefined && isAlive(process))
    const contacts = firstContactsFirst(running).slice(0, CONTACTS)
    let known = -1
    await poll(
      async () => {
        const reports = await Promise.all(contacts.map(({ plan }) => reportOf(folder, plan, signal)))
        const least = Math.min(...reports.map(report => report?.offersKnown ?? 0))
        if (least !== known) onProgress({ type: 'offers', known: least, of: running.length })
        known = least
        return least >= running.length ? true : undefined
      },
      { timeoutMs: BOOKS_TIMEOUT_MS, signal, onTimeout: () => unknownOffers(known, running.length, folder) }
    )
  }

  return {
    async startFresh() {
      if (plans.length > PROVIDERS_MAX) throw tooMany(plans.length)
      const [{ rpcUrl }, buyer, providers] = await Promise.all([
        startChain({
          folder: folder.chain,
          log: join(folder.logs, 'chain.log'),
          onStart: chain => note({ chain }),
          signal
        }),
        buyerKey(folder.keystore),
        Promise.all(plans.map(plan => prepareProvider(folder, plan)))
      ])
      const buyerAddress = typeof buyer === 'string' ? buyer : buyer.address
      note({ buyer: buyerAddress, providers })
      onProgress({ type: 'chain', rpcUrl })
      const chain = await deployNetwork(name, rpcUrl, options)
      onProgress({ type: 'contracts', descriptor: chain })
      await giveGas(rpcUrl, [buyerAddress, ...providers.map(({ address }) => address)], funds.gas)
      const [descriptor] = await Promise.all([startAll(providers, chain), fundBuyer(chain, buyer, funds, options)])
      await writeDescriptor(folder.descriptor, descriptor)
      await untilKnown()
      return descriptor
    },
    async startMissing(before, descriptor) {
      state = before
      const missing = before.providers.filter(({ process }) => process === undefined || !isAlive(process))
      await Promise.all(missing.map(provider => start(provider, descriptor)))
      if (missing.length > 0) await untilKnown()
      return missing.map(({ plan }) => plan.name)
    }
  }
}

/** Peers that a newcomer is told of: two, in two regions, so that no one failure hides the network. */
const CONTACTS = 2

function firstContactsFirst(providers: readonly ProviderState[]): ProviderState[] {
  const [first] = providers
  const second = providers.find(({ plan }) => plan.domains.region !== first?.plan.domains.region)
  const contacts = [first, second].filter(provider => provider !== undefined)
  return [...contacts, ...providers.filter(provider => !contacts.includes(provider))]
}

function addressesOf(reports: readonly ProviderReport[]): string[] {
  return reports.flatMap(({ multiaddrs }) => multiaddrs)
}

function unknownOffers(known: number, of: number, { logs }: DevnetFolder): CodedError {
  return new CodedError(
    'E_START_FAILED',
    `after ${BOOKS_TIMEOUT_MS / 1000} s only ${known} of ${of} offers were known`,
    {
      facts: { known, of, logs },
      hint: `the providers' logs are in ${logs}`
    }
  )
}

function tooMany(count: number): CodedError {
  return new CodedError('E_USAGE', `${count} providers are more than the ${PROVIDERS_MAX} a devnet may have`)
}

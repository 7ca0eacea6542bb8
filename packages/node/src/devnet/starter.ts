import { join } from 'node:path'
import type { NetworkDescriptor } from '@archipel/client'
import { CodedError } from '@archipel/protocol'
import { writeDescriptor } from '../config/descriptor.ts'
import { isAlive } from '../control/process-identity.ts'
import { startChain } from './anvil.ts'
import { postBonds } from './bonds.ts'
import { poll } from './daemon.ts'
import { deployNetwork, type Funds, fundBuyer, giveGas } from './funds.ts'
import { buyerKey } from './keys.ts'
import { BOOKS_TIMEOUT_MS, PROVIDERS_MAX } from './limits.ts'
import type { ProviderPlan } from './plan.ts'
import { prepareProvider, reportOf, startProvider, untilReady } from './provider.ts'
import { type DevnetFolder, type DevnetState, EMPTY_STATE, type ProviderState, writeState } from './state.ts'

/** Told while a devnet starts. */
export type DevnetProgress =
  | { readonly type: 'chain'; readonly rpcUrl: string }
  | { readonly type: 'contracts'; readonly descriptor: NetworkDescriptor }
  | { readonly type: 'provider'; readonly name: string }
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
  /** Starts again the providers that died, which listen elsewhere now: the network's descriptor is written anew. */
  startMissing(
    state: DevnetState,
    descriptor: NetworkDescriptor
  ): Promise<{ started: string[]; descriptor: NetworkDescriptor }>
}

/** Peers that a newcomer is told of: two, in two regions, so that no one failure hides the network. */
const CONTACTS = 2

export function createStarter({ folder, plans, name, funds, onProgress, signal }: StarterInit): Starter {
  const options = signal === undefined ? {} : { signal }
  let state: DevnetState = EMPTY_STATE

  const isRunning = ({ process }: ProviderState) => process !== undefined && isAlive(process)
  const running = () => state.providers.filter(isRunning)
  const missing = () => state.providers.filter(provider => !isRunning(provider))
  const contacts = () => firstContactsFirst(running()).slice(0, CONTACTS)

  function note(change: Partial<DevnetState>): void {
    state = { ...state, ...change }
    writeState(folder, state)
  }

  async function start(provider: ProviderState, descriptor: NetworkDescriptor): Promise<void> {
    const process = await startProvider(folder, provider, descriptor)
    note({ providers: state.providers.map(one => (one.plan.name === provider.plan.name ? { ...one, process } : one)) })
    await untilReady(folder, provider.plan, process, signal)
    onProgress({ type: 'provider', name: provider.plan.name })
  }

  /** Starts whoever is not running. The first of a new network is alone for a moment: others need somebody to dial. */
  async function startProviders(chain: NetworkDescriptor): Promise<NetworkDescriptor> {
    if (running().length === 0) {
      const [first] = firstContactsFirst(state.providers)
      if (first !== undefined) await start(first, { ...chain, bootstrap: [] })
    }
    const joining = { ...chain, bootstrap: await addressesOf(contacts()) }
    await Promise.all(missing().map(provider => start(provider, joining)))
    const descriptor = { ...chain, bootstrap: await addressesOf(contacts()) }
    await writeDescriptor(folder.descriptor, descriptor)
    await untilKnown()
    return descriptor
  }

  async function addressesOf(providers: readonly ProviderState[]): Promise<string[]> {
    const reports = await Promise.all(providers.map(({ plan }) => reportOf(folder, plan, signal)))
    return reports.flatMap(report => report?.multiaddrs ?? [])
  }

  /** Until the first contacts of newcomers know the offer of every provider that runs. */
  async function untilKnown(): Promise<void> {
    const of = running().length
    let known = -1
    await poll(
      async () => {
        const reports = await Promise.all(contacts().map(({ plan }) => reportOf(folder, plan, signal)))
        const least = Math.min(...reports.map(report => report?.offersKnown ?? 0))
        if (least !== known) onProgress({ type: 'offers', known: least, of })
        known = least
        return least >= of ? true : undefined
      },
      { timeoutMs: BOOKS_TIMEOUT_MS, signal, onTimeout: () => unknownOffers(known, of, folder) }
    )
  }

  return {
    async startFresh() {
      if (plans.length > PROVIDERS_MAX) throw tooMany(plans.length)
      const [{ rpcUrl }, buyer, prepared] = await Promise.all([
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
      const providers = prepared.map(({ state }) => state)
      note({ buyer: buyerAddress, providers })
      onProgress({ type: 'chain', rpcUrl })
      const chain = await deployNetwork(name, rpcUrl, options)
      onProgress({ type: 'contracts', descriptor: chain })
      const accounts = [buyerAddress, ...providers.flatMap(({ address, owner }) => [address, owner])]
      await giveGas(rpcUrl, accounts, funds.gas)
      const collateral = { bond: funds.bond, exposed: funds.bond / 2n }
      const operators = prepared.map(({ keys }) => keys)
      const [descriptor] = await Promise.all([
        startProviders(chain),
        fundBuyer(chain, buyer, funds, options),
        postBonds(chain, operators, collateral, options)
      ])
      return descriptor
    },
    async startMissing(before, descriptor) {
      state = before
      const started = missing().map(({ plan }) => plan.name)
      return { started, descriptor: started.length === 0 ? descriptor : await startProviders(descriptor) }
    }
  }
}

function firstContactsFirst(providers: readonly ProviderState[]): ProviderState[] {
  const [first] = providers
  const second = providers.find(({ plan }) => plan.domains.region !== first?.plan.domains.region)
  const contacts = [first, second].filter(provider => provider !== undefined)
  return [...contacts, ...providers.filter(provider => !contacts.includes(provider))]
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

import { type Hash, quote, type Wei } from '@archipel/protocol'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { supervise } from '../../src/job/supervise.ts'
import { type FakeReplica, fakeReplica } from './fake-replica.ts'
import { createHost, type Host, NOW } from './host.ts'
import { demandOf } from './world.ts'

const HOSTS = 10
const REPLICAS = 3

/** What becomes of a replica: it delivers a result, or fails with so much of its price spent, in thousandths. */
const fates = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('deliver' as const), digest: fc.constantFrom('aa', 'bb', 'cc') }),
    fc.record({
      type: fc.constant('fail' as const),
      fault: fc.constantFrom('host' as const, 'program' as const),
      spent: fc.integer({ min: 300, max: 1000 })
    })
  ),
  { minLength: HOSTS, maxLength: HOSTS }
)

it('a job never promises more than its price ceiling, over all attempts and replacements', async () => {
  await fc.assert(
    fc.asyncProperty(
      // Prices near the share of each replica, so that there is something to exceed.
      fc.array(fc.integer({ min: 700, max: 1000 }), { minLength: HOSTS, maxLength: HOSTS }),
      fates,
      fc.integer({ min: 100, max: 1000 }),
      async (prices, ends, ceiling) => {
        const priceMax = BigInt(ceiling)
        const share = priceMax / BigInt(REPLICAS)
        const demand = demandOf(1, { priceMax: share }).body
        const hosts = prices.map((thousandths, i) => {
          const startup = (share * BigInt(thousandths)) / 1000n
          return createHost(i + 1, { prices: { startup, cpuSec: 0n, memGiBSec: 0n, terafuel: 0n } })
        })
        const price = ({ offer }: Host): Wei => quote(offer.offer.body.prices, demand).priceMax
        const all: FakeReplica[] = []
        const promised = () => all.reduce((sum, replica) => sum + replica.promised, 0n)
        const start = (host: Host) => {
          const replica = fakeReplica(host.offer, price(host))
          all.push(replica)
          expect(promised() <= priceMax).toBe(true)
          return replica
        }
        const replicas = hosts.slice(0, REPLICAS).map(start)
        const done = supervise({
          replicas,
          wanted: REPLICAS,
          quorum: 2,
          spread: 'region',
          regions: [],
          demand,
          priceMax,
          nowSec: () => NOW,
          offers: async () => hosts.map(({ offer }) => offer),
          start: offer => start(hosts.find(host => host.offer === offer)!),
          onProgress: () => {},
          signal: new AbortController().signal
        }).then(
          () => true,
          () => true
        )
        for (let i = 0; i < all.length; i++) {
          const [replica, fate] = [all[i]!, ends[i % HOSTS]!]
          if (fate.type === 'deliver') replica.deliver(`0x${fate.digest.repeat(32)}` as Hash)
          else {
            const spent = (replica.promised * BigInt(fate.spent)) / 1000n
            replica.fail({ code: 'E_X', fault: fate.fault, message: '' }, spent)
          }
          // Replacements are found without a timer.
          for (let turn = 0; turn < 10; turn++) await new Promise(resolve => setImmediate(resolve))
        }
        expect(await done).toBe(true)
        expect(promised() <= priceMax).toBe(true)
      }
    ),
    { numRuns: 60 }
  )
})

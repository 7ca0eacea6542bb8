import { CodedError, type Hash, quote, type Wei } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import type { JobProgress } from '../../src/job/job.ts'
import { type SuperviseInit, supervise } from '../../src/job/supervise.ts'
import { rejection } from '../net/peers.ts'
import { type FakeReplica, fakeReplica } from './fake-replica.ts'
import { createHost, type Host, NOW } from './host.ts'
import { demandOf, settle } from './world.ts'

const A: Hash = `0x${'aa'.repeat(32)}`
const B: Hash = `0x${'bb'.repeat(32)}`
const host = { code: 'E_BROKEN', fault: 'host', message: 'broken' }
const program = { code: 'E_TRAP', fault: 'program', message: 'it traps' }
const demand = demandOf(1).body

/** A job on the first `running` hosts, with the others on offer; each replica costs 100 at most. */
function setUp(hosts: readonly Host[], running: number, changes: Partial<SuperviseInit> = {}) {
  const progress: JobProgress[] = []
  const started: FakeReplica[] = []
  const priced = (offer: Host['offer']) => fakeReplica(offer, quote(offer.offer.body.prices, demand).priceMax)
  const replicas = hosts.slice(0, running).map(({ offer }) => priced(offer))
  const abort = new AbortController()
  const result = supervise({
    replicas,
    wanted: 3,
    quorum: 2,
    spread: 'region',
    regions: [],
    demand,
    priceMax: 1_000n,
    nowSec: () => NOW,
    offers: async () => hosts.map(({ offer }) => offer),
    start(offer) {
      const replica = priced(offer)
      started.push(replica)
      return replica
    },
    onProgress: event => progress.push(event),
    signal: abort.signal,
    ...changes
  })
  result.catch(() => {})
  return { result, replicas: replicas as [FakeReplica, FakeReplica, FakeReplica], started, progress, abort }
}

const hostsOf = (count: number, from = 1) => Array.from({ length: count }, (_, i) => createHost(from + i))

describe('a quorum', () => {
  it('is reached with k equal results, without waiting for the rest', async () => {
    const { result, replicas, progress } = setUp(hostsOf(3), 3)
    replicas[0].deliver(A)
    await settle()
    expect(progress).toEqual([])
    replicas[2].deliver(A)
    expect(await result).toBe(A)
    expect(progress).toEqual([{ type: 'quorum', digest: A, votes: 2, replicas: 3 }])
  })

  it('is not spoilt by one that lies', async () => {
    const { result, replicas } = setUp(hostsOf(3), 3)
    replicas[0].deliver(B)
    replicas[1].deliver(A)
    await settle()
    replicas[2].deliver(A)
    expect(await result).toBe(A)
  })

  it('that cannot be reached ends the job, with what each replica came to', async () => {
    const { result, replicas } = setUp(hostsOf(3), 3, { quorum: 3 })
    replicas[0].deliver(A)
    replicas[1].deliver(B)
    expect(await rejection(result)).toMatchObject({
      code: 'E_QUORUM_IMPOSSIBLE',
      facts: { quorum: 3, replicas: [{ digest: A }, { digest: B }, { digest: null, state: 'agreed' }] }
    })
  })

  it('is not waited for once the job is called off', async () => {
    const { result, abort } = setUp(hostsOf(3), 3)
    const reason = new CodedError('E_CANCELLED', 'enough')
    abort.abort(reason)
    expect(await rejection(result)).toBe(reason)
  })
})

describe('replacing a replica that failed', () => {
  it('takes a provider that was not tried, and tells', async () => {
    const hosts = hostsOf(4)
    const { result, replicas, started, progress } = setUp(hosts, 3)
    replicas[1].fail(host)
    await settle()
    expect(started.map(({ info }) => info.provider)).toEqual([hosts[3]!.address])
    expect(progress).toEqual([{ type: 'replaced', lost: hosts[1]!.address, by: hosts[3]!.address }])
    replicas[0].deliver(A)
    started[0]!.deliver(A)
    expect(await result).toBe(A)
  })

  it('keeps apart from those still at work, and may take the failed one’s place', async () => {
    const hosts = hostsOf(3)
    const domains = (n: number) => hosts[n]!.offer.offer.body.domains
    const inUse = createHost(4, {
      domains: domains(0),
      prices: { startup: 0n, cpuSec: 1n, memGiBSec: 0n, terafuel: 0n }
    })
    const sameOperator = createHost(5, { owner: hosts[2]!.offer.offer.body.owner })
    const free = createHost(6, { domains: domains(1) })
    const { replicas, started } = setUp([...hosts, inUse, sameOperator, free], 3)
    replicas[1].fail(host)
    await settle()
    expect(started.map(({ info }) => info.provider)).toEqual([free.address])
  })

  it('keeps to the regions asked for', async () => {
    const { replicas, started } = setUp(hostsOf(5), 3, { regions: ['r1', 'r2', 'r3', 'r5'] })
    replicas[0].fail(host)
    await settle()
    expect(started.map(({ info }) => info.region)).toEqual(['r5'])
  })

  it.each<[Wei, Wei, number]>([
    [300n, 0n, 1],
    [300n, 1n, 0],
    [360n, 60n, 1],
    [360n, 61n, 0]
  ])('keeps to a cap of %s after %s were spent on the failed one', async (priceMax, spent, count) => {
    const { replicas, started } = setUp(hostsOf(4), 3, { priceMax })
    replicas[1].fail(host, spent)
    await settle()
    expect(started).toHaveLength(count)
  })

  it('takes a cheaper one for what is left', async () => {
    const cheap = createHost(9, { prices: { startup: 40n, cpuSec: 0n, memGiBSec: 0n, terafuel: 0n } })
    const { replicas, started } = setUp([...hostsOf(4), cheap], 3, { priceMax: 300n })
    replicas[1].fail(host, 60n)
    await settle()
    expect(started.map(({ info }) => info.provider)).toEqual([cheap.address])
  })

  it('counts everything promised so far, however many were lost', async () => {
    const { replicas, started } = setUp(hostsOf(10), 3, { priceMax: 450n })
    replicas[0].fail(host, 100n)
    await settle()
    expect(started).toHaveLength(1)
    started[0]!.fail(host, 50n)
    await settle()
    expect(started).toHaveLength(2)
    started[1]!.fail(host, 1n)
    await settle()
    expect(started).toHaveLength(2)
  })

  it('ends at the deadline', async () => {
    const { replicas, started } = setUp(hostsOf(4), 3, { nowSec: () => demand.deadline })
    replicas[0].fail(host)
    await settle()
    expect(started).toEqual([])
  })

  it('ends after four times as many attempts as replicas', async () => {
    const { result, replicas, started } = setUp(hostsOf(20), 3, { priceMax: 1_000_000n })
    for (const replica of replicas) replica.fail(host)
    for (let i = 0; i < 20; i++) {
      await settle()
      for (const replica of started) replica.fail(host)
    }
    expect(started).toHaveLength(9)
    expect(await rejection(result)).toMatchObject({ code: 'E_QUORUM_IMPOSSIBLE' })
  })

  it('is no help against a fault of our own', async () => {
    const { result, replicas, started } = setUp(hostsOf(4), 3)
    const own = new CodedError('E_NO_FUNDS', 'nothing left')
    replicas[0].failOurselves(own)
    expect(await rejection(result)).toBe(own)
    expect(started).toEqual([])
  })
})

describe('a program that is said to be at fault', () => {
  it('is not run elsewhere while the others may still agree', async () => {
    const { result, replicas, started } = setUp(hostsOf(4), 3)
    replicas[0].fail(program)
    await settle()
    expect(started).toEqual([])
    replicas[1].deliver(A)
    replicas[2].deliver(A)
    expect(await result).toBe(A)
  })

  it('is given up when k providers say so', async () => {
    const { result, replicas, started } = setUp(hostsOf(6), 3)
    replicas[0].fail(program)
    replicas[2].fail(program)
    expect(await rejection(result)).toMatchObject({ code: 'E_PROGRAM_FAILED' })
    expect(started).toEqual([])
  })

  it('is tried elsewhere before one provider’s word ends the job', async () => {
    const { result, replicas, started } = setUp(hostsOf(4), 3)
    replicas[0].fail(program)
    replicas[1].deliver(A)
    await settle()
    replicas[2].deliver(B)
    await settle()
    expect(started).toHaveLength(1)
    started[0]!.deliver(A)
    expect(await result).toBe(A)
  })

  it('is at fault when the second opinion says so, too', async () => {
    const { result, replicas, started } = setUp(hostsOf(4), 3)
    replicas[0].fail(program)
    replicas[1].deliver(A)
    replicas[2].deliver(B)
    await settle()
    started[0]!.fail(program)
    expect(await rejection(result)).toMatchObject({ code: 'E_PROGRAM_FAILED' })
  })

  it('is not at fault by k different stories', async () => {
    const { result, replicas } = setUp(hostsOf(3), 3)
    replicas[0].fail(program)
    replicas[1].fail({ ...program, code: 'E_MEMORY' })
    expect(await rejection(result)).toMatchObject({ code: 'E_QUORUM_IMPOSSIBLE' })
  })
})

describe('taking up a job that an earlier process left', () => {
  it('starts the replicas that are missing, apart from those there are', async () => {
    const hosts = hostsOf(2)
    const near = createHost(8, { domains: hosts[0]!.offer.offer.body.domains })
    const { result, replicas, started, progress } = setUp([hosts[0]!, near, hosts[1]!, createHost(3)], 1)
    await settle()
    expect(started.map(({ info }) => info.region)).toEqual(['r2', 'r3'])
    expect(progress).toEqual([])
    replicas[0].deliver(A)
    started[1]!.deliver(A)
    expect(await result).toBe(A)
  })

  it('starts no more than the cap allows, and none when all are there', async () => {
    expect((await startedAfter(setUp(hostsOf(5), 1, { priceMax: 250n }))).length).toBe(1)
    expect((await startedAfter(setUp(hostsOf(5), 3))).length).toBe(0)
  })

  it('gives up when there are too few and nobody else', async () => {
    const { result } = setUp(hostsOf(1), 1)
    expect(await rejection(result)).toMatchObject({ code: 'E_QUORUM_IMPOSSIBLE' })
  })
})

async function startedAfter({ started }: { started: FakeReplica[] }): Promise<FakeReplica[]> {
  await settle()
  return started
}

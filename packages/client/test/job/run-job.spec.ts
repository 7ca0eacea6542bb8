import { type AgreementId, agreementType, bidType, digestOf, type SignedBid, type ToProvider } from '@archipel/protocol'
import type { CID } from 'multiformats/cid'
import { describe, expect, it } from 'vitest'
import { cidOf, importBytes, importFiles, RAW_CODE } from '../../src/content/index.ts'
import type { JobProgress, JobRecord, JobSpec } from '../../src/job/job.ts'
import { resumeJob, runJob } from '../../src/job/run-job.ts'
import { createBuilder } from '../content/build.ts'
import { rejection } from '../net/peers.ts'
import { createHost, deliveryOf, domain, type Host, honest, NOW, receiptMessage, type Work } from './host.ts'
import { agreedEarlier, createFakeChain, createWorld, demandOf, memoryStore, paymentsTo, settle } from './world.ts'

const program = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

const spec: JobSpec = {
  program,
  args: ['prog'],
  resources: { cpuMillis: 1000, memoryBytes: 2 ** 20, diskBytes: 0 },
  durationSec: 90,
  fuel: 0,
  priceMax: 300n,
  // Deadlines are watched by the wall clock.
  deadline: NOW + 3600 * 24 * 365 * 20,
  replicas: 3,
  quorum: 2,
  spread: 'region'
}

/** Makes a host run every job at once: it prints `stdout`, says that its stderr is `stderr`, and that it burnt `fuel`. */
function works(
  host: Host,
  stdout: string,
  stderr: (host: Host) => Promise<Uint8Array> = async () => new Uint8Array(0),
  fuel = 0
) {
  const bids = new Map<string, SignedBid>()
  const deliver = async (work: Work) => {
    const result = {
      exitCode: 0,
      stdout: (await importBytes(new TextEncoder().encode(stdout), host.blocks)).bytes,
      output: (await importFiles([{ path: 'out.txt', content: new Uint8Array(3) }], host.blocks)).bytes
    }
    const usage = { runMs: 0, memoryBytes: 1, outputBytes: 0, fuel }
    return [receiptMessage(deliveryOf(host, work, 0, 0, { result, stderr: await stderr(host), usage }))]
  }
  host.answer = async (message: ToProvider) => {
    if (message.type === 'demand') {
      const bid = host.bid(message.value.body)
      bids.set(digestOf(domain, bidType, bid.body), bid)
      return [{ type: 'bid', value: bid }]
    }
    if (message.type === 'accept') {
      const { body } = message.value.agreement
      const id = digestOf(domain, agreementType, body) as AgreementId
      return deliver({ id, bid: bids.get(body.bid)! })
    }
    return honest(host, message)
  }
  return { deliver }
}

const print = (what: string) => async (host: Host) =>
  (await importBytes(new TextEncoder().encode(what), host.blocks)).bytes

describe('a job', () => {
  it('comes to the result of the quorum, pays everybody who delivered it, and owes nothing', async () => {
    const hosts = [createHost(1), createHost(2), createHost(3)]
    for (const host of hosts) works(host, 'hello')
    const { parts, chain, errors } = await createWorld({ hosts })
    const progress: JobProgress[] = []
    const outcome = await runJob(parts, spec, { onProgress: event => progress.push(event) })
    expect(text(outcome.stdout)).toBe('hello')
    expect(outcome.paid).toBe(30n)
    expect(outcome.replicas.map(({ state }) => state)).toEqual(['paid', 'paid', 'paid'])
    expect(hosts.flatMap(paymentsTo)).toHaveLength(3)
    expect(chain.deposits.reduce((sum, { amount }) => sum + amount, 0n)).toBe(300n)
    expect(await parts.records.jobs.get(outcome.job)).toMatchObject({ state: 'succeeded', digest: outcome.digest })
    expect(progress.some(({ type }) => type === 'quorum')).toBe(true)
    expect(errors).toEqual([])
    // What was set aside and not drawn is free for the next job.
    await runJob(parts, { ...spec, priceMax: 270n, durationSec: 80 }, {})
    expect(chain.deposits).toHaveLength(3)
  })

  it('does not pay a result that contradicts the quorum', async () => {
    const hosts = [createHost(1), createHost(2), createHost(3)]
    works(hosts[0]!, 'hello')
    works(hosts[1]!, 'lies')
    works(hosts[2]!, 'hello')
    const { parts } = await createWorld({ hosts })
    const outcome = await runJob(parts, spec, {})
    expect(text(outcome.stdout)).toBe('hello')
    expect(outcome.paid).toBe(20n)
    expect(outcome.replicas.find(({ provider }) => provider === hosts[1]!.address)).toMatchObject({
      state: 'rejected',
      paid: 0n
    })
    expect(paymentsTo(hosts[1]!)).toEqual([])
  })

  it.each([
    ['more than a quorum of others', 3, [1e8, 2e8, 1e8], ['paid', 'rejected', 'paid']],
    ['more than the only other, where no quorum agrees', 2, [2e8, 1e8], ['rejected', 'paid']],
    ['what nobody can compare it with', 1, [2e8], ['paid']],
    ['less than others, as it likes', 3, [1e8, 2e8, 2e8], ['paid', 'paid', 'paid']]
  ])('does not pay who claims more fuel than it took: %s', async (_, replicas, fuels, states) => {
    const hosts = fuels.map((fuel, i) => {
      const host = createHost(i + 1)
      works(host, 'hello', undefined, fuel)
      return host
    })
    const { parts } = await createWorld({ hosts })
    const quorum = Math.floor(replicas / 2) + 1
    const outcome = await runJob(parts, { ...spec, fuel: 1e9, replicas, quorum }, {})
    const stateOf = ({ address }: Host) => outcome.replicas.find(({ provider }) => provider === address)?.state
    expect(hosts.map(stateOf)).toEqual(states)
    expect(outcome.paid).toBe(10n * BigInt(states.filter(state => state === 'paid').length))
  })

  it('that nobody can run says what it cost', async () => {
    const hosts = [createHost(1), createHost(2), createHost(3)]
    for (const [i, host] of hosts.entries()) works(host, `answer ${i}`)
    const { parts } = await createWorld({ hosts })
    const err = await rejection(runJob(parts, spec, {}))
    expect(err).toMatchObject({ code: 'E_QUORUM_IMPOSSIBLE', facts: { paid: 0n } })
    const [job] = await Array.fromAsync(parts.records.jobs.iterate(), ([, record]) => record)
    expect(job).toMatchObject({ state: 'failed', failure: { code: 'E_QUORUM_IMPOSSIBLE' } })
  })

  it('without money fails at once, whoever else is on offer', async () => {
    const hosts = [createHost(1), createHost(2), createHost(3), createHost(4)]
    for (const host of hosts) works(host, 'hello')
    const { parts } = await createWorld({ hosts, chain: createFakeChain(50n) })
    expect(await rejection(runJob(parts, spec, {}))).toMatchObject({ code: 'E_NO_FUNDS' })
  })
})

describe('stderr, for which nobody vouches', () => {
  const hostile: [string, (host: Host) => Promise<Uint8Array>][] = [
    ['is no CID', async () => new Uint8Array([1, 2, 3])],
    ['is a CID of something else', async () => new Uint8Array(36).fill(1)],
    ['names what nobody has', async () => (await cidOf(RAW_CODE, new Uint8Array([9]))).bytes],
    ['names a directory', async host => (await importFiles([{ path: 'x', content: program }], host.blocks)).bytes],
    ['claims to be larger than anybody would hold', async host => (await hugeFile(host)).bytes]
  ]

  it.each(hostile)('spoils no result when it %s', async (_how, stderr) => {
    const hosts = [createHost(1), createHost(2), createHost(3)]
    works(hosts[0]!, 'hello', stderr)
    works(hosts[1]!, 'hello', stderr)
    works(hosts[2]!, 'hello', stderr)
    const { parts } = await createWorld({ hosts })
    const outcome = await runJob(parts, spec, {})
    expect(text(outcome.stdout)).toBe('hello')
    expect(outcome.stderr).toEqual(new Uint8Array(0))
    expect(outcome.paid).toBe(30n)
  })

  it.each(hostile)('is another’s when one %s', async (_how, stderr) => {
    const hosts = [createHost(1), createHost(2)]
    works(hosts[0]!, 'hello', stderr)
    works(hosts[1]!, 'hello', print('warning'))
    const { parts } = await createWorld({ hosts })
    const outcome = await runJob(parts, { ...spec, replicas: 2, priceMax: 200n }, {})
    expect(text(outcome.stderr)).toBe('warning')
  })

  /** One block, linked so often that it would fill all memory. */
  async function hugeFile(host: Host): Promise<CID> {
    const builder = createBuilder(host.blocks)
    const mebibyte = 2 ** 20
    const leaf = await builder.raw(new Uint8Array(mebibyte))
    return builder.file(Array.from({ length: 65 }, () => [leaf, mebibyte]))
  }
})

describe('a job that an earlier process left', () => {
  it('goes on with the replicas it has, and starts those it had not got to', async () => {
    const store = await memoryStore()
    const hosts = [createHost(1), createHost(2), createHost(3)]
    const first = await createWorld({ hosts, store })
    const state = await agreedEarlier(first, hosts[0]!, demandOf(1))
    const record: JobRecord = {
      id: state.job,
      createdAt: NOW,
      args: [],
      program: 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy',
      input: undefined,
      priceMax: 300n,
      deadline: spec.deadline,
      replicas: 3,
      quorum: 2,
      spread: 'region',
      regions: [],
      state: 'running',
      agreements: [state.id],
      digest: undefined,
      result: undefined,
      failure: undefined
    }
    await first.parts.records.store.commit([first.parts.records.jobs.put(record.id, record)])

    const { parts, chain } = await createWorld({ hosts, store, chain: first.chain })
    const [one] = hosts.map(host => works(host, 'hello'))
    const answer = hosts[0]!.answer
    hosts[0]!.answer = message => (message.type === 'resume' ? one!.deliver(state) : answer(message))
    const outcome = await resumeJob(parts, record, {})
    expect(outcome.replicas.map(({ provider }) => provider).sort()).toEqual(hosts.map(({ address }) => address).sort())
    expect(outcome.paid).toBe(30n)
    expect(hosts[0]!.heard.filter(({ type }) => type === 'demand')).toEqual([])
    expect(chain.deposits).toHaveLength(3)
    const stored = await parts.records.jobs.get(record.id)
    expect(stored).toMatchObject({ state: 'succeeded' })
    expect(stored?.agreements).toHaveLength(3)
    await settle()

    // Read again later: the same result, and nobody is paid twice.
    const later = await createWorld({ hosts, store, chain: first.chain })
    const again = await resumeJob(later.parts, stored!, {})
    expect(again).toMatchObject({ digest: outcome.digest, paid: 30n, stdout: outcome.stdout })
    for (const { id } of await Array.fromAsync(later.parts.records.channels.iterate(), ([, channel]) => channel)) {
      expect(later.parts.channels.held(id).cumulative).toBe(10n)
    }
  })
})

describe('spending limits', () => {
  const threeHosts = () => {
    const hosts = [createHost(1), createHost(2), createHost(3)]
    for (const host of hosts) works(host, 'hello')
    return hosts
  }

  it('are enforced before anybody is asked or anything is locked', async () => {
    const hosts = threeHosts()
    const { parts, chain } = await createWorld({ hosts, limits: { day: 299n } })
    const err = await rejection(runJob(parts, spec, {}))
    expect(err).toMatchObject({
      code: 'E_SPENDING_LIMIT',
      facts: { limit: 'day', max: 299n, spent: 0n, needed: 300n, freesAt: null }
    })
    expect(hosts.flatMap(({ heard }) => heard)).toEqual([])
    expect(chain.deposits).toEqual([])
    expect(parts.spending.state().spent).toBe(0n)
  })

  it('count what was paid once a job is over, so that many fit into a day', async () => {
    const { parts } = await createWorld({ hosts: threeHosts(), limits: { day: 360n, provider: 120n } })
    for (const spent of [30n, 60n]) {
      await runJob(parts, spec, {})
      expect(parts.spending.state().spent).toBe(spent)
    }
    // 60 of 360 are spent: what the next may come to does not fit any more.
    expect(await rejection(runJob(parts, { ...spec, priceMax: 330n, durationSec: 100 }, {}))).toMatchObject({
      code: 'E_SPENDING_LIMIT',
      facts: { limit: 'day', spent: 60n, needed: 330n }
    })
  })

  it('outlive the process that counted', async () => {
    const store = await memoryStore()
    const chain = createFakeChain()
    await runJob((await createWorld({ hosts: threeHosts(), store, chain })).parts, spec, {})
    const { parts } = await createWorld({ hosts: threeHosts(), store, chain, limits: { day: 329n } })
    expect(await rejection(runJob(parts, spec, {}))).toMatchObject({ facts: { spent: 30n, needed: 300n } })
  })

  it('of one provider send the job to another, if there is one', async () => {
    const hosts = [
      ...threeHosts(),
      createHost(4, { prices: { startup: 11n, cpuSec: 1n, memGiBSec: 0n, terafuel: 0n } })
    ]
    works(hosts[3]!, 'hello')
    const world = await createWorld({ hosts, limits: { provider: 110n } })
    const more = { ...spec, priceMax: 440n }
    await agreedEarlier(world, hosts[0]!, demandOf(1, { durationSec: 1 }))
    const outcome = await runJob(world.parts, more, {})
    expect(outcome.replicas.map(({ provider }) => provider)).not.toContain(hosts[0]!.address)
    expect(await rejection(runJob(world.parts, { ...more, replicas: 4, quorum: 3 }, {}))).toMatchObject({
      code: 'E_SPENDING_LIMIT',
      facts: { limit: 'provider', max: 110n, provider: hosts[0]!.address, spent: 11n, needed: 100n }
    })
  })

  it('leave a lost replica without a replacement rather than be exceeded', async () => {
    const hosts = [...threeHosts(), createHost(4)]
    const world = await createWorld({ hosts, limits: { provider: 101n } })
    await agreedEarlier(world, hosts[3]!, demandOf(1))
    hosts[0]!.away = true
    hosts[3]!.heard.length = 0
    const outcome = await runJob(world.parts, spec, {})
    expect(outcome.replicas.map(({ state }) => state).sort()).toEqual(['failed', 'paid', 'paid'])
    expect(hosts[3]!.heard).toEqual([])
  })

  it('leave room for whoever replaces a replica that never agreed', async () => {
    const hosts = [...threeHosts(), createHost(4)]
    works(hosts[3]!, 'hello')
    hosts[0]!.away = true
    const { parts } = await createWorld({ hosts, limits: { day: 300n } })
    const outcome = await runJob(parts, { ...spec, quorum: 3 }, {})
    expect(outcome.paid).toBe(30n)
    expect(parts.spending.state().spent).toBe(30n)
  })

  it('give back what a job that nobody will take up again could have cost', async () => {
    const hosts = threeHosts()
    hosts.forEach((host, i) => void works(host, `different ${i}`))
    const { parts } = await createWorld({ hosts, limits: { day: 300n } })
    expect(await rejection(runJob(parts, spec, {}))).toMatchObject({ code: 'E_QUORUM_IMPOSSIBLE' })
    expect(parts.spending.state()).toMatchObject({ spent: 0n })
  })
})

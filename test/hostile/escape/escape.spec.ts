import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import net, { type AddressInfo, type Server } from 'node:net'
import { constants } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRunnerProcess } from '../../../packages/node/src/executor/wasm/runner-process.ts'
import { INSIDE } from '../../../packages/node/src/executor/wasm/sandbox/bubblewrap.ts'
import type { Confinement } from '../../../packages/node/src/executor/wasm/sandbox/candidates.ts'
import type { RunnerGroup } from '../../../packages/node/src/executor/wasm/sandbox/cgroup/group.ts'
import { findCommand } from '../../../packages/node/src/executor/wasm/sandbox/find-command.ts'
import { jobOf, MIB, never } from '../../../packages/node/test/executor/jobs.ts'
import { isGone } from '../../../packages/node/test/executor/processes.ts'
import { requireFacility } from '../../../scripts/facilities.ts'
import { abstractName, createHostilePlace, type HostilePlace } from './confinements.ts'
import { nativeProgram, type RawCall, readAnswers } from './native-program.ts'
import { ATTEMPTS, type Attempt, expectedOutcome, LAYER_SETS, type LayerSet, outcomeTable, RISKY } from './outcomes.ts'
import { FOREIGN_CALLS, RAW_CALLS } from './raw-calls.ts'

const onLinux = process.platform === 'linux'
const hasBubblewrap = onLinux && requireFacility('bubblewrap')
const hasGroups = onLinux && requireFacility('cgroup')
const hasSetpriv = (await findCommand('setpriv')) !== undefined
const HAVE: Record<LayerSet, boolean> = {
  process: onLinux,
  setpriv: onLinux && hasSetpriv,
  bubblewrap: hasBubblewrap,
  seccomp: hasBubblewrap,
  cgroup: hasBubblewrap && hasGroups
}
const sets = (Object.keys(LAYER_SETS) as LayerSet[]).filter(set => HAVE[set])

const GROUP_BYTES = 192 * MIB

let place: HostilePlace
let victim: ChildProcess
let servers: Server[]
const abstract = abstractName()
const secret = abstractName()

beforeAll(async () => {
  place = await createHostilePlace()
  servers = [net.createServer(socket => socket.destroy()), net.createServer(socket => socket.destroy())]
  servers[0]!.listen(0, '127.0.0.1')
  servers[1]!.listen({ path: `\0${abstract}` })
  await Promise.all(servers.map(server => server.listening || once(server, 'listening')))
  startVictim()
})
afterAll(async () => {
  victim.kill('SIGKILL')
  for (const server of servers) server.close()
  await place.close()
})

function startVictim(): void {
  victim = spawn('/bin/sleep', ['600'], { env: { SECRET: secret }, stdio: 'ignore' })
}

/** Bounded by what is quickly reached, so that no test takes a gibibyte of whoever runs it. */
function smallGroup(): RunnerGroup {
  const group = place.groups!.create()
  group.limitMemory(GROUP_BYTES)
  return { ...group, limitMemory: () => {} }
}

type Found = { got: unknown } | { refused: string }

/** Has an escaped runner try these things; throws how its job ends where it brings no result. */
async function attempt(confinement: Confinement, tries: readonly Attempt[]): Promise<Record<string, Found>> {
  if (isGone(victim.pid!)) startVictim()
  const group = confinement.isolation.includes('cgroup') ? smallGroup() : undefined
  const runner = startRunnerProcess({
    command: confinement.command(group?.folders ?? []),
    directory: place.directory,
    filter: confinement.filter,
    group
  })
  const aim = {
    tries,
    nodePid: process.pid,
    victimPid: victim.pid,
    port: (servers[0]!.address() as AddressInfo).port,
    folder: place.directory,
    abstract,
    secret
  }
  try {
    const job = jobOf({ program: new Uint8Array(), args: ['escaped', JSON.stringify(aim)], limits: { wallMs: 60_000 } })
    const { stdout } = await runner.run(job, { signal: never })
    return JSON.parse(Buffer.from(stdout).toString())
  } finally {
    runner.kill()
    await runner.closed
  }
}

/** The strongest confinement of these layers that works here: as root, some want a Node that nobody may read. */
async function firstWorking(set: LayerSet): Promise<Confinement> {
  for (const confinement of place.confinements(LAYER_SETS[set])) {
    const works = await attempt(confinement, []).then(
      () => true,
      () => false
    )
    if (works) return confinement
  }
  throw new Error(`no process can be started with ${LAYER_SETS[set].join(', ')}`)
}

describe.each(sets)('a runner whose program broke out, confined by: %s', set => {
  let confinement: Confinement
  beforeAll(async () => {
    confinement = await firstWorking(set)
  })

  it('is held as far as the table says, and no further', async () => {
    const calm = (Object.keys(ATTEMPTS) as Attempt[]).filter(name => !RISKY.includes(name))
    const found = await attempt(confinement, calm)
    const outcomes = calm.map(name => [name, 'got' in found[name]! ? 'through' : 'held'])
    expect(outcomes.filter(([name]) => expectedOutcome(name as Attempt, set) !== 'depends')).toEqual(
      calm.map(name => [name, expectedOutcome(name, set)]).filter(([, outcome]) => outcome !== 'depends')
    )
    expect(isGone(victim.pid!)).toBe('got' in found['end another process of the host']!)
  })

  it.each(RISKY)('and when it wants to %s', async name => {
    const outcome = await attempt(confinement, [name]).then(
      found => ('got' in found[name]! ? 'through' : 'held'),
      err => {
        // What the process did not survive must not look like a result, and must say whose fault it is.
        expect(err).toMatchObject({ code: name === 'take half a gibibyte' ? 'E_MEMORY' : 'E_RUNNER_DIED' })
        return 'held'
      }
    )
    expect(outcome).toBe(expectedOutcome(name, set))
  })
})

describe.skipIf(!hasBubblewrap || process.arch !== 'x64')('machine code in the place of Node', () => {
  const names = Object.keys(RAW_CALLS) as (keyof typeof RAW_CALLS)[]
  const EPERM = -1n
  const ENOSYS = -38n

  async function callAll(set: LayerSet, calls: readonly RawCall[]) {
    const path = join(place.modules, 'native')
    writeFileSync(path, nativeProgram(calls))
    chmodSync(path, 0o755)
    return runNative(await firstWorking(set))
  }

  it('is refused every call that leads out, or into a part of the kernel it has no business with', async () => {
    const { output } = await callAll('seccomp', Object.values(RAW_CALLS))
    const answers = readAnswers(output)
    expect(names.filter((_, index) => answers[index] !== EPERM && answers[index] !== ENOSYS)).toEqual([])
    expect(answers[names.indexOf('clone3')]).toBe(ENOSYS)
    expect(answers[names.indexOf('io_uring_setup')]).toBe(ENOSYS)
  })

  it('may make many of them where there are only namespaces', async () => {
    const answers = readAnswers((await callAll('bubblewrap', Object.values(RAW_CALLS))).output)
    const allowed = names.filter((_, index) => answers[index]! !== EPERM && answers[index]! !== ENOSYS)
    for (const name of ['socket(AF_INET)', 'fork', 'clone without CLONE_THREAD', 'ptrace', 'kill'] as const) {
      expect(allowed).toContain(name)
    }
  })

  it.each(Object.entries(FOREIGN_CALLS))('is ended for %s', async (_, call) => {
    const { output, ended } = await callAll('seccomp', [call])
    expect(output.length).toBe(0)
    // Kernels built without the 32-bit interface end whoever tries it by themselves.
    expect('kind' in call ? ['SIGSYS', 'SIGSEGV'] : ['SIGSYS']).toContain(ended)
    expect((await callAll('bubblewrap', [call])).ended).not.toBe('SIGSYS')
  })
})

/** Starts machine code where the command would start Node. */
async function runNative(confinement: Confinement) {
  const command = confinement.command([])
  const at = command.lastIndexOf(INSIDE.node)
  const [file, ...args] = [...command.slice(0, at), `${INSIDE.modules}/native`]
  const filter = confinement.filter === undefined ? undefined : openSync(confinement.filter, 'r')
  const child = spawn(file!, args, {
    cwd: place.directory,
    env: {},
    stdio: ['ignore', 'pipe', 'ignore', ...(filter === undefined ? [] : [filter])],
    timeout: 20_000
  })
  if (filter !== undefined) closeSync(filter)
  const pieces: Buffer[] = []
  child.stdout!.on('data', (piece: Buffer) => pieces.push(piece))
  const [code] = (await once(child, 'close')) as [number | null]
  // Bubblewrap tells the signal as shells do.
  const [signal] = Object.entries(constants.signals).find(([, number]) => code === 128 + number) ?? []
  return { output: Buffer.concat(pieces), ended: signal ?? code }
}

it('is told in the documentation as it is here', () => {
  const documented = readFileSync(new URL('../../../docs/hostile.md', import.meta.url), 'utf8')
  expect(documented).toContain(outcomeTable())
})

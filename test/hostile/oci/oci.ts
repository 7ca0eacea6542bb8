import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import {
  createOciExecutor,
  type ExecutionLimits,
  type ExecutionResult
} from '../../../packages/node/src/executor/index.ts'
import { sha256 } from '../../../packages/node/test/executor/oci/images.ts'
import { requireFacility } from '../../../scripts/facilities.ts'
import { type ContainerEngine, startContainerEngine } from '../../fixtures/container-engine.ts'
import type { HostileExecutor, HostileProgram } from '../executor.ts'
import { bombOf, hasDocker, imageOf, linksLayer, manyLayers } from './images.ts'
import * as scripts from './scripts.ts'

const MIB = 2 ** 20
/** Long enough for any of these on a machine that has other work to do. */
const WITHIN_MS = 60_000
const WALL_MS = 30_000
/** Of programs that nothing but time ends. */
const WALL_ENDLESS_MS = 500
/** Of programs that time ends where their kernel is slow. */
const WALL_SLOW_MS = 5000
const LIMITS = { wallMs: WALL_MS, memoryBytes: 32 * MIB, diskBytes: MIB, outputBytes: 2 * MIB } as const
/** Room for as many empty files as there may be. */
const MEMORY_FILES_BYTES = 256 * MIB
const MEMORY_PROCESSES_BYTES = 64 * MIB
/** Longer than one string may be that a process starts with. */
const VARIABLE_BYTES = 256 * 1024
/** Where the link in an image leads out to, were it the host that follows it. */
const PLANTED = '/var/archipel-planted'
/** Of the names that are tried, those that are only odd. */
const TRICKS_TAKEN = 7
/** What a shell in an empty container has. */
const VARIABLES = ['HOME=/', 'HOSTNAME=archipel', 'OWN=1', 'PATH=/bin', 'PWD=/', 'SHLVL=1']

interface JobInit extends Partial<ExecutionLimits> {
  image?: Buffer
}

const plainImage = await imageOf()
const service = hasDocker ? await startService() : undefined

/** Whoever shares the machine with its operator's services finds one here. */
async function startService() {
  let visits = 0
  const server = createServer(socket => {
    visits++
    socket.end('a secret of the operator’s')
  })
  await new Promise<void>(resolve => server.listen(0, resolve))
  server.unref()
  const address = server.address()
  return { port: typeof address === 'object' ? address?.port : undefined, visits: () => visits }
}

function job(script: string, { image = plainImage, ...limits }: JobInit = {}): HostileProgram['job'] {
  return {
    program: { cid: sha256(image), load: async () => image },
    args: ['busybox', 'sh', '-c', script],
    env: ['OWN=1'],
    files: [],
    limits: { ...LIMITS, ...limits }
  }
}

function ended(script: string, stoppedBy: string, ends: HostileProgram['ends'], init?: JobInit): HostileProgram {
  return { job: job(script, init), stoppedBy, ends, withinMs: WITHIN_MS }
}

const result = (script: string, stoppedBy: string, check: (result: ExecutionResult) => void, init?: JobInit) =>
  ended(script, stoppedBy, check, init)
/** One that has to be an image that nobody can start. */
const refused = (image: Buffer, stoppedBy: string) => ended('echo started', stoppedBy, ['E_BAD_PROGRAM'], { image })
const endless = (script: string, stoppedBy: string, init?: JobInit) =>
  ended(script, stoppedBy, ['E_WALL_TIME'], { wallMs: WALL_ENDLESS_MS, ...init })

const silent = (script: string, stoppedBy: string, init?: JobInit) =>
  result(script, stoppedBy, ({ stdout, files }) => equal([textOf(stdout), files.length], ['', 0]), init)

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString()
const linesOf = (bytes: Uint8Array) => textOf(bytes).split('\n').filter(Boolean)

/** Of the environment of a process, among what else is told of it. */
const variablesIn = (bytes: Uint8Array) => [...new Set(linesOf(bytes).filter(line => /^[A-Z_]+=/.test(line)))].sort()

function equal(actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) {
    throw new Error(`expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`)
  }
}

const programs: HostileExecutor['programs'] = {
  'fork bomb': endless(scripts.FORK_BOMB, 'a bound on processes, and its time', {
    memoryBytes: MEMORY_PROCESSES_BYTES
  }),
  'memory bomb': ended(scripts.TAKE_MEMORY, 'the memory it has agreed to', ['E_MEMORY']),
  'engine bomb': ended(scripts.FILL_KERNEL, 'what the kernel keeps for it counts, too', ['E_MEMORY']),
  'decompression bomb': refused(await bombOf(4), 'a look at what it declares'),
  'compile bomb': refused(await manyLayers(128), 'a bound on layers'),
  'stack bomb': result(scripts.RECURSE, 'the kernel’s own bound', ({ exitCode }) => equal(exitCode, 139)),
  'endless loop': endless(scripts.LOOP, 'the time it has agreed to'),
  'disk fill': result(scripts.FILL_DISK, 'the disk it has agreed to', ({ stdout }) =>
    equal(Number(textOf(stdout)), LIMITS.diskBytes)
  ),
  'file bomb': ended(scripts.MAKE_FILES, 'a bound on files', ['E_OUTPUT_LIMIT'], { memoryBytes: MEMORY_FILES_BYTES }),
  'deep folders': silent(scripts.NEST_FOLDERS, 'paths that have an end'),
  'output flood': ended(scripts.FLOOD, 'the output it has agreed to', ['E_OUTPUT_LIMIT']),
  'folder escape': silent(scripts.LEAVE_FOLDERS, 'a root of its own'),
  'symbolic link escape': silent(scripts.LINK_OUT, 'links that end at its own root', {
    image: await imageOf({}, [linksLayer({ output: `../../../..${PLANTED}` })])
  }),
  'process files': result(scripts.READ_PROCESSES, 'no processes but its own', ({ stdout }) =>
    equal(variablesIn(stdout), VARIABLES)
  ),
  'environment of the node': result(scripts.PRINT_VARIABLES, 'its job’s own variables', ({ stdout }) =>
    equal(linesOf(stdout).sort(), VARIABLES)
  ),
  'host loopback': result(scripts.connectTo(service?.port ?? 0), 'a network with nobody in it', ({ stdout }) =>
    equal([textOf(stdout), service?.visits()], ['', 0])
  ),
  'metadata address': silent(scripts.ASK_CLOUD, 'a network with nobody in it'),
  'name server tunnel': silent(scripts.ASK_FOR_NAMES, 'a network with nobody in it'),
  'huge arguments': result(
    'echo started',
    'the kernel’s own bound',
    ({ exitCode, stdout }) => equal([exitCode, textOf(stdout)], [1, '']),
    { image: await imageOf({ Env: [`HUGE=${'x'.repeat(VARIABLE_BYTES)}`] }) }
  ),
  'signal to the parent': result(scripts.END_OTHERS, 'no processes but its own', ({ exitCode }) =>
    equal([137, 143].includes(exitCode), true)
  ),
  'clock abuse': endless(scripts.ABUSE_CLOCK, 'no right to set it, and its time'),
  'stale descriptors': refused(
    await imageOf({ WorkingDir: '/proc/self/fd/7' }),
    'nothing left open, and a look at where it is'
  ),
  'output path tricks': result(scripts.TRICK_PATHS, 'paths that only lead down', ({ files }) => {
    equal(files.length, TRICKS_TAKEN)
    equal(
      files.filter(({ path }) => path.split('/').includes('..') || path.startsWith('/')),
      []
    )
    equal(existsSync(PLANTED), false)
  })
}

/** Everything that is not the same where gVisor's kernel takes the calls. */
const gvisorPrograms: Partial<HostileExecutor['programs']> = {
  // Its kernel makes a thousand files a second.
  'engine bomb': ended(
    scripts.FILL_KERNEL,
    'what the kernel keeps for it counts, too, and its time',
    ['E_MEMORY', 'E_WALL_TIME'],
    { wallMs: WALL_SLOW_MS }
  ),
  'file bomb': ended(scripts.MAKE_FILES, 'a bound on files, and its time', ['E_OUTPUT_LIMIT', 'E_WALL_TIME'], {
    wallMs: WALL_SLOW_MS,
    memoryBytes: MEMORY_FILES_BYTES
  })
}

export function ociWith(runtime: 'runc' | 'runsc'): HostileExecutor {
  const isGvisor = runtime === 'runsc'
  let engine: ContainerEngine | undefined
  const requireEngine = () => {
    if (engine === undefined) throw new Error('the container engine was not opened')
    return engine
  }
  return {
    runtime: `oci, ${isGvisor ? 'gVisor' : runtime}`,
    isHere: hasDocker && (!isGvisor || requireFacility('gvisor')),
    async open() {
      engine = await startContainerEngine()
    },
    close: async () => engine?.stop(),
    create: () => createOciExecutor({ socketPath: requireEngine().socketPath, owner: 'hostile', runtime }),
    leftovers: () => requireEngine().contents(),
    neighbour: job('exit 0'),
    programs: isGvisor ? { ...programs, ...gvisorPrograms } : programs
  }
}

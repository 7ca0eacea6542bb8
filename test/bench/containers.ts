import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { createOciExecutor, type ExecutionJob, type Executor } from 'archipel'
import { createEngine, type Engine } from '../../packages/node/src/executor/oci/engine/engine.ts'
import { namesOf, runSpec } from '../../packages/node/src/executor/oci/run/specs.ts'
import { BUSYBOX_CONFIG, busyboxLayer, dockerArchive, sha256 } from '../../packages/node/test/executor/oci/images.ts'
import { probeFacility } from '../../scripts/facilities.ts'
import { startContainerEngine } from '../fixtures/container-engine.ts'
import { round, spreadOf } from './statistics.ts'

export type ContainersReport =
  | { readonly skipped: string }
  | { readonly runtime: string; readonly rows: readonly ContainersRow[] }

export interface ContainersRow {
  readonly what: string
  readonly ms: ReturnType<typeof spreadOf>
  /** As a share of a plain `docker run`, measured in turns with it on the same engine. */
  readonly perDockerRun: number
  readonly target: string
}

const OWNER = 'bench'
const RUNTIME = 'runc'
const MIB = 2 ** 20
const WARM_ROUNDS = 2
const never = new AbortController().signal

/** A container that does nothing, from asking for it to its being gone, its image there already. */
export async function measureContainers(rounds: number, log: (line: string) => void): Promise<ContainersReport> {
  const skipped = await reasonToSkip()
  if (skipped !== undefined) {
    log(`containers: skipped: ${skipped}`)
    return { skipped }
  }
  log('containers: one that does nothing, beside docker run …')
  const container = await startContainerEngine()
  const executor = createOciExecutor({ socketPath: container.socketPath, owner: OWNER, runtime: RUNTIME })
  try {
    await executor.start()
    const job = await createJob()
    const engine = createEngine(container.socketPath)
    await engine.connect(never)
    const image = `archipel-${OWNER}/image:${job.program.cid}`
    return await measure(rounds, [
      ['docker run --rm', '–', () => dockerRun(container.socketPath, image, [])],
      ['docker run --rm, the same bounds', '–', () => dockerRun(container.socketPath, image, BOUNDS)],
      ['the engine’s interface alone, the same bounds', '–', () => askEngine(engine, image, job)],
      ['the executor', '1.1', () => runJob(executor, job)]
    ])
  } finally {
    await executor.stop()
    await container.stop()
  }
}

type Way = readonly [what: string, target: string, act: () => Promise<unknown>]

async function measure(rounds: number, ways: readonly Way[]): Promise<ContainersReport> {
  const times = ways.map((): number[] => [])
  // The executor first: it gives the engine the image.
  for (let n = 0; n < WARM_ROUNDS; n++) for (const [, , act] of ways.toReversed()) await act()
  for (let n = 0; n < rounds; n++) {
    for (const [at, [, , act]] of ways.entries()) {
      const startMs = performance.now()
      await act()
      times[at]?.push(performance.now() - startMs)
    }
  }
  const spreads = times.map(spreadOf)
  const plainMs = spreads[0]?.p50 ?? Number.NaN
  return {
    runtime: RUNTIME,
    rows: ways.flatMap(([what, target], at) => {
      const ms = spreads[at]
      return ms === undefined ? [] : [{ what, ms, perDockerRun: round(ms.p50 / plainMs), target }]
    })
  }
}

/** What the executor bounds in every container, in the words of the command. */
const BOUNDS = [
  ...['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges', '--ipc=private', '--init'],
  ...['--memory=32m', '--memory-swap=32m', '--shm-size=32m', '--pids-limit=128', '--oom-score-adj=500'],
  ...['--ulimit=nofile=1024:1024', '--ulimit=core=0', '--user=65534:65534', '--no-healthcheck', '--log-driver=none'],
  `--tmpfs=/tmp:size=${32 * MIB},nr_inodes=65536,mode=1777,nosuid,nodev`
]

async function dockerRun(socketPath: string, image: string, bounds: readonly string[]): Promise<void> {
  const args = ['run', '--rm', '--network=none', `--runtime=${RUNTIME}`, ...bounds, image, 'true']
  await promisify(execFile)('docker', args, { env: { ...process.env, DOCKER_HOST: `unix://${socketPath}` } })
}

/** The calls that `docker run` makes, without the command. */
async function askEngine(engine: Engine, image: string, job: ExecutionJob): Promise<void> {
  const name = `bench-${randomBytes(8).toString('hex')}`
  const spec = runSpec({
    image: { id: image, volumes: [] },
    job,
    names: namesOf(name),
    labels: {},
    runtime: RUNTIME,
    processors: 1,
    hasInput: false
  })
  await engine.createContainer(name, { ...spec, HostConfig: { ...spec.HostConfig, Mounts: [] } })
  const output = await engine.attach(name, false, never)
  const { exited } = await engine.watchExit(name, never, job.limits.wallMs)
  await engine.startContainer(name, never)
  await exited
  output.destroy()
  await engine.removeContainer(name, never)
}

async function runJob(executor: Executor, job: ExecutionJob): Promise<void> {
  const { exitCode } = await executor.run(job, { signal: never })
  if (exitCode !== 0) throw new Error(`a program that does nothing exited with ${exitCode}`)
}

async function createJob(): Promise<ExecutionJob> {
  const archive = await dockerArchive({ layers: [await busyboxLayer()], config: BUSYBOX_CONFIG })
  return {
    tenant: 'bench',
    program: { cid: sha256(archive), load: async () => archive },
    args: ['busybox', 'true'],
    env: [],
    files: [],
    limits: { wallMs: 60_000, memoryBytes: 32 * MIB, diskBytes: MIB, outputBytes: MIB }
  }
}

async function reasonToSkip(): Promise<string | undefined> {
  const facility = probeFacility('docker')
  if (!facility.available) return facility.reason
  return promisify(execFile)('docker', ['--version']).then(
    () => undefined,
    () => 'no docker (apt-get install docker.io)'
  )
}

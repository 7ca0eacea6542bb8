import { type Duplex, Readable } from 'node:stream'
import { createExecutionError } from '../../errors.ts'
import type { ExecutionJob, ExecutionResult, RunOptions } from '../../executor.ts'
import { WALL_MS_MAX } from '../../limits.ts'
import { createDemultiplexer } from '../engine/demultiplexer.ts'
import type { Engine } from '../engine/engine.ts'
import type { Labels } from '../engine/types.ts'
import type { PreparedImage } from '../image/store.ts'
import { CLEANUP_TIMEOUT_MS, CONTAINER_TIMEOUT_MS, DRAIN_TIMEOUT_MS } from '../limits.ts'
import { writeTar } from '../tar/write.ts'
import { blameRefusal } from './blame.ts'
import { createInputMeter, mayHaveFiles } from './input.ts'
import type { Interruption } from './interruption.ts'
import { createOutputMeter, type OutputMeter } from './output.ts'
import {
  hasStdin,
  holderSpec,
  INPUT_FOLDER,
  inputVolume,
  type JobNames,
  OUTPUT_FOLDER,
  outputVolume,
  runSpec
} from './specs.ts'
import { watchUsage } from './usage.ts'

export interface ContainerRun {
  engine: Engine
  image: PreparedImage
  /** Image of containers that never run. */
  holderImage: string
  job: ExecutionJob
  options: RunOptions
  names: JobNames
  labels: Labels
  runtime: string
  /** Processors of the engine's machine. */
  processors: number
  interruption: Interruption
}

/** The engine has lost the image. */
export class ImageGone extends Error {}

/** Runs a container for one job, from its volumes to its output. Leaves removing all of it to {@link removeRun}. */
export async function runContainer(run: ContainerRun): Promise<ExecutionResult> {
  const { engine, job, names, labels, options, interruption } = run
  const { signal } = interruption
  const hasInput = mayHaveFiles(job)
  const inputBytes = await sendInput(run, hasInput)
  signal.throwIfAborted()
  await engine.createVolume(outputVolume(names.output, labels, job.limits.diskBytes - inputBytes))
  const [created, held] = await Promise.allSettled([
    engine.createContainer(names.container, runSpec({ ...run, hasInput })),
    holdOutput(run)
  ])
  if (held.status === 'rejected') throw held.reason
  const release = held.value
  try {
    if (created.status === 'rejected') throw await blameRefusal({ ...run, hasInput }, created.reason)
    if (created.value === 'no image') throw new ImageGone('the engine has lost the image')
    signal.throwIfAborted()
    await requireOwnMounts(run)
    const output = createOutputMeter(job.limits.outputBytes, options.onOutput)
    const { runMs, usage } = await runProgram({ ...run, hasInput }, output)
    const exitCode = await readExit(run)
    await output.takeFolder(await engine.getArchive(names.container, OUTPUT_FOLDER, signal), signal)
    const { outputBytes, ...result } = output.take()
    return { exitCode, ...result, usage: { runMs, ...usage, outputBytes } }
  } finally {
    await release()
  }
}

/** Removes what a job has in the engine. Throws where the engine does not answer. */
export async function removeRun(engine: Engine, names: JobNames): Promise<void> {
  const signal = AbortSignal.timeout(CLEANUP_TIMEOUT_MS)
  await Promise.all([names.container, names.control, names.holder].map(name => engine.removeContainer(name, signal)))
  await Promise.all([names.input, names.output].map(name => engine.removeVolume(name, signal)))
}

/** Gives how many bytes the input has. */
async function sendInput(run: ContainerRun, hasInput: boolean): Promise<number> {
  const { engine, job, names, labels } = run
  const { signal } = run.interruption
  const input = createInputMeter(job)
  if (!hasInput) return input.usedBytes()
  await engine.createVolume(inputVolume(names.input, labels))
  await createHolder(run, names.input, INPUT_FOLDER)
  await engine.putArchive(names.holder, INPUT_FOLDER, Readable.from(writeTar(input.files())), signal)
  await engine.removeContainer(names.holder, signal)
  return input.usedBytes()
}

/** Keeps the output in memory from now on, whether the container runs, until the returned function is called. */
async function holdOutput(run: ContainerRun): Promise<() => Promise<void>> {
  const { engine, names, interruption } = run
  await createHolder(run, names.output, OUTPUT_FOLDER)
  return engine.holdVolumes(names.holder, OUTPUT_FOLDER, interruption.signal)
}

async function createHolder(run: ContainerRun, volume: string, folder: string): Promise<void> {
  const { engine, names, labels, holderImage } = run
  const created = await engine.createContainer(names.holder, holderSpec(holderImage, labels, volume, folder))
  if (created === 'no image') throw new ImageGone('the engine has lost the image of holders')
}

/** An image must not bring a volume by a way we did not think of: it would be a disk without a bound. */
async function requireOwnMounts({ engine, names, interruption }: ContainerRun): Promise<void> {
  const { Mounts } = await engine.inspectContainer(names.container, interruption.signal)
  const own = [names.input, names.output]
  const stranger = Mounts.find(({ Type, Name }) => Type !== 'tmpfs' && !own.includes(Name ?? ''))
  if (stranger === undefined) return
  throw createExecutionError('E_BAD_PROGRAM', 'the image brings a volume of its own', {
    facts: { destination: stranger.Destination }
  })
}

async function runProgram(run: ContainerRun & { hasInput: boolean }, output: OutputMeter) {
  const { engine, job, names, options, interruption } = run
  const { signal, interrupt } = interruption
  const { wallMs, cpuMs: cpuMsMax } = job.limits
  const stream = await engine.attach(names.container, hasStdin(job), signal)
  const drained = receive(stream, output, interrupt)
  const waitMs = Math.min(wallMs + CONTAINER_TIMEOUT_MS, WALL_MS_MAX)
  const { exited } = await engine.watchExit(names.container, signal, waitMs)
  exited.catch(interrupt)
  try {
    await Promise.race([engine.startContainer(names.container, signal), interruption.promise])
  } catch (err) {
    throw await blameRefusal(run, err)
  }
  const startedMs = performance.now()
  const timer = setTimeout(() => interrupt(wallTime(wallMs)), wallMs)
  const usage = watchUsage({
    look: lookSignal => engine.stats(names.container, lookSignal),
    onLook: cpuMs => {
      if (cpuMsMax !== undefined && cpuMs > cpuMsMax) interrupt(cpuTime(cpuMsMax))
    }
  })
  try {
    options.onStarted?.()
    output.start()
    if (hasStdin(job)) stream.end(job.stdin)
    await Promise.race([exited, interruption.promise])
    const runMs = Math.round(performance.now() - startedMs)
    const drainTimer = setTimeout(() => interrupt(undrained()), DRAIN_TIMEOUT_MS)
    await Promise.race([drained, interruption.promise]).finally(() => clearTimeout(drainTimer))
    return { runMs, usage: { cpuMs: usage.cpuMs(), memoryBytes: usage.memoryBytes() } }
  } finally {
    clearTimeout(timer)
    usage.stop()
    stream.destroy()
  }
}

/** Passes on what the program prints; resolves at the end of it. */
async function receive(stream: Duplex, output: OutputMeter, interrupt: (reason: unknown) => void): Promise<void> {
  const take = createDemultiplexer(output.print)
  const { promise, resolve } = Promise.withResolvers<void>()
  stream.on('data', (chunk: Buffer) => {
    try {
      take(chunk)
    } catch (err) {
      interrupt(err)
      stream.destroy()
    }
  })
  stream.on('close', resolve)
  stream.on('end', resolve)
  return promise
}

/** 128 and the signal where one ended it. Throws E_MEMORY. */
async function readExit({ engine, job, names, interruption }: ContainerRun): Promise<number> {
  const { State } = await engine.inspectContainer(names.container, interruption.signal)
  if (State.OOMKilled && State.ExitCode !== 0) {
    throw createExecutionError('E_MEMORY', 'the program used more memory than agreed', {
      facts: { memoryBytesMax: job.limits.memoryBytes },
      hint: 'files that it writes count as its memory'
    })
  }
  if (State.Status !== 'exited') {
    throw createExecutionError('E_RUNNER_DIED', 'the container did not end as it should', {
      facts: { status: State.Status, reason: State.Error.slice(0, 500) }
    })
  }
  return State.ExitCode
}

const undrained = () => createExecutionError('E_RUNNER_DIED', 'the container engine kept back the end of the output')

const wallTime = (wallMs: number) =>
  createExecutionError('E_WALL_TIME', `the program ran longer than ${wallMs} ms`, {
    facts: { wallMsMax: wallMs },
    hint: 'ask for a longer duration'
  })

const cpuTime = (cpuMsMax: number) =>
  createExecutionError('E_CPU_TIME', `the program used more than ${cpuMsMax} ms of processor time`, {
    facts: { cpuMsMax },
    hint: 'ask for more processor time'
  })

import type { ExecutionJob } from '../../executor.ts'
import type { ContainerSpec, Labels, MountSpec, VolumeSpec } from '../engine/types.ts'
import type { PreparedImage } from '../image/store.ts'
import {
  GVISOR_MEMORY_BYTES,
  GVISOR_THREADS,
  INODES_MAX,
  OPEN_FILES_MAX,
  PROCESSES_DEFAULT,
  SHARED_MEMORY_BYTES
} from '../limits.ts'

/** Where a program finds its input, which it cannot change. */
export const INPUT_FOLDER = '/input'
/** Where a program puts its output. */
export const OUTPUT_FOLDER = '/output'
/** Where it may put what nobody wants. */
const SCRATCH_FOLDER = '/tmp'

export const GVISOR = 'runsc'

/** Nobody, as Linux numbers it: whatever user an image asks for. */
const NOBODY = '65534:65534'
/** Everybody may create files, and remove their own. */
const OPEN_MODE = 0o1777
const PAGE_BYTES = 4096
const CPU_MILLIS_MIN = 10
const NANOS_PER_MILLI = 1_000_000
/** The kernel ends programs before it ends the node or the engine. */
const OOM_SCORE = 500

/** What all of one job's containers and volumes are called. */
export interface JobNames {
  container: string
  /** See blame.ts. */
  control: string
  holder: string
  input: string
  output: string
}

export function namesOf(prefix: string): JobNames {
  return {
    container: `${prefix}-run`,
    control: `${prefix}-control`,
    holder: `${prefix}-hold`,
    input: `${prefix}-input`,
    output: `${prefix}-output`
  }
}

/** On the engine's disk: its size is known before anything runs, and the program only reads. */
export const inputVolume = (name: string, labels: Labels): VolumeSpec => ({
  Name: name,
  Driver: 'local',
  Labels: labels
})

/** In memory, because only there every engine bounds its size. A size of zero would mean none. */
export function outputVolume(name: string, labels: Labels, bytesMax: number): VolumeSpec {
  const size = Math.max(PAGE_BYTES, bytesMax)
  const options = `size=${size},nr_inodes=${INODES_MAX},mode=${OPEN_MODE.toString(8)},nosuid,nodev`
  return { Name: name, Driver: 'local', DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: options }, Labels: labels }
}

const mount = (Source: string, Target: string, ReadOnly: boolean): MountSpec => ({
  Type: 'volume',
  Source,
  Target,
  ReadOnly,
  VolumeOptions: { NoCopy: true }
})

/** A container that never runs and has one volume, for files to go in or out. */
export const holderSpec = (image: string, labels: Labels, volume: string, target: string): ContainerSpec => ({
  Image: image,
  Cmd: ['never'],
  Labels: labels,
  HostConfig: { NetworkMode: 'none', Mounts: [mount(volume, target, false)] }
})

export interface RunSpecInit {
  image: PreparedImage
  job: ExecutionJob
  names: JobNames
  labels: Labels
  runtime: string
  /** Processors of the engine's machine. */
  processors: number
  hasInput: boolean
}

/** The container that runs the program: no network, no capabilities, nobody's identity, nothing to write but memory. */
export function runSpec({ image, job, names, labels, runtime, processors, hasInput }: RunSpecInit): ContainerSpec {
  const { memoryBytes, processes = PROCESSES_DEFAULT, cpuMillis, gpus = 0 } = job.limits
  const isGvisor = runtime === GVISOR
  const memory = memoryBytes + (isGvisor ? GVISOR_MEMORY_BYTES : 0)
  // The first is the program's own name, which the image's entry point has already.
  const args = job.args.slice(1)
  const withStdin = hasStdin(job)
  return {
    Image: image.id,
    ...(args.length === 0 ? {} : { Cmd: args }),
    Env: job.env,
    User: NOBODY,
    Hostname: 'archipel',
    Labels: labels,
    AttachStdin: withStdin,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: withStdin,
    StdinOnce: withStdin,
    NetworkDisabled: true,
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: 'none',
      Runtime: runtime,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      IpcMode: 'private',
      // The program is not the first process, which no signal ends; and somebody buries its dead.
      Init: true,
      PidsLimit: processes + (isGvisor ? GVISOR_THREADS : 0),
      Memory: memory,
      // The same as memory: no swap.
      MemorySwap: memory,
      ...(cpuMillis === undefined ? {} : { NanoCpus: nanoCpus(cpuMillis, processors) }),
      ShmSize: Math.min(SHARED_MEMORY_BYTES, memoryBytes),
      OomScoreAdj: OOM_SCORE,
      Ulimits: [
        { Name: 'nofile', Soft: OPEN_FILES_MAX, Hard: OPEN_FILES_MAX },
        { Name: 'core', Soft: 0, Hard: 0 }
      ],
      Tmpfs: {
        [SCRATCH_FOLDER]: `size=${memoryBytes},nr_inodes=${INODES_MAX},mode=${OPEN_MODE.toString(8)},nosuid,nodev`
      },
      Mounts: [
        mount(names.output, OUTPUT_FOLDER, false),
        ...(hasInput ? [mount(names.input, INPUT_FOLDER, true)] : []),
        ...image.volumes.filter(isFree).map(target => scratch(target, memoryBytes))
      ],
      // What it prints comes to us and is not written to a disk besides.
      LogConfig: { Type: 'none' },
      ...(gpus === 0 ? {} : { DeviceRequests: [{ Count: gpus, Capabilities: [['gpu']] }] })
    }
  }
}

/** Engines refuse more than there is, and less than a hundredth. */
function nanoCpus(cpuMillis: number, processors: number): number {
  return Math.max(CPU_MILLIS_MIN, Math.min(cpuMillis, processors * 1000)) * NANOS_PER_MILLI
}

export function hasStdin({ stdin }: ExecutionJob): boolean {
  return stdin !== undefined && stdin.length > 0
}

/** A folder that the image declares as a volume would be one on the engine's disk, without a bound: it is memory instead. */
const scratch = (Target: string, SizeBytes: number): MountSpec => ({
  Type: 'tmpfs',
  Target,
  TmpfsOptions: { SizeBytes, Mode: OPEN_MODE }
})

const isFree = (folder: string) => ![INPUT_FOLDER, OUTPUT_FOLDER, SCRATCH_FOLDER].includes(folder.replace(/\/+$/, ''))

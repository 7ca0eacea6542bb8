import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { JobSpec } from '@archipel/client'
import { readDirectory } from '@archipel/client/node'
import { CodedError, fuelFor, REPLICAS_MAX, SPREADS, type Spread, validateQuorum } from '@archipel/protocol'
import { readBounded } from '../../config/private-file.ts'
import { parsePositiveAmount } from '../../config/units/amount.ts'
import { parseDurationSec } from '../../config/units/duration.ts'
import { parseFuel } from '../../config/units/fuel.ts'
import { parseSizeBytes } from '../../config/units/size.ts'
import { codedError } from '../errors/coded.ts'

/** What `archipel run` was asked for, as text. */
export interface RunOptions {
  /** Either this or `image`. */
  wasm?: string
  image?: string
  argv0?: string
  input?: string
  output?: string
  force?: boolean
  replicas: string
  quorum?: string
  spread: string
  region?: readonly string[]
  maxPrice: string
  memory: string
  cpu: string
  disk: string
  duration: string
  fuel?: string
  deadline: string
  env?: readonly string[]
  dryRun?: boolean
}

/** The largest program a provider takes: see the executor's limits. */
const PROGRAM_BYTES_MAX = 64 * 2 ** 20
/** The largest archive of an image that a provider takes. */
const ARCHIVE_BYTES_MAX = 256 * 2 ** 20
/** `\0asm` and version 1; a component has the same four bytes and another version. */
const WASM_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)

/** A {@link JobSpec} whose program has not been read yet. */
export type JobTerms = Omit<JobSpec, 'program' | 'input' | 'deadline'> & { readonly deadlineSec: number }

/**
 * Reads the options alone: no file is touched.
 *
 * @throws CodedError E_USAGE, E_AMOUNT_INVALID, E_SIZE_INVALID, E_DURATION_INVALID, E_FUEL_INVALID, E_QUORUM_ABSURD
 */
export function parseTerms(options: RunOptions, args: readonly string[]): JobTerms {
  const replicas = count(options.replicas, '--replicas')
  const quorum = options.quorum === undefined ? Math.floor(replicas / 2) + 1 : count(options.quorum, '--quorum')
  validateQuorum({ replicas, quorum })
  const runtime = runtimeOf(options)
  const durationSec = parseDurationSec(options.duration, '--duration')
  return {
    runtime,
    args: [options.argv0 ?? basename(options.wasm ?? runtime).replace(/\.wasm$/, ''), ...args],
    env: (options.env ?? []).map(environmentEntry),
    resources: {
      cpuMillis: cpuMillis(options.cpu),
      memoryBytes: parseSizeBytes(options.memory, '--memory'),
      diskBytes: parseSizeBytes(options.disk, '--disk')
    },
    durationSec,
    fuel: fuelOf(runtime, options.fuel, durationSec),
    priceMax: parsePositiveAmount(options.maxPrice, '--max-price'),
    deadlineSec: parseDurationSec(options.deadline, '--deadline'),
    replicas,
    quorum,
    spread: spread(options.spread),
    regions: options.region ?? []
  }
}

function fuelOf(runtime: 'wasm' | 'oci', text: string | undefined, durationSec: number): number {
  if (text !== undefined && runtime !== 'wasm') {
    throw codedError('E_USAGE', '--fuel: an image is bounded by --duration alone', { hint: 'leave --fuel out' })
  }
  if (runtime !== 'wasm') return 0
  if (text === 'none') return 0
  return text === undefined ? fuelFor(durationSec) : parseFuel(text, '--fuel')
}

function runtimeOf({ wasm, image }: RunOptions): 'wasm' | 'oci' {
  if ((wasm === undefined) === (image === undefined)) {
    throw codedError('E_USAGE', 'the program is either --wasm <file> or --image <archive or reference>')
  }
  return wasm === undefined ? 'oci' : 'wasm'
}

/** @throws CodedError E_FILE_NOT_FOUND, E_FILE_TOO_LARGE, E_NOT_WASM, E_USAGE */
export function readProgram({ wasm, image = '' }: Pick<RunOptions, 'wasm' | 'image'>): Promise<Uint8Array> {
  return wasm === undefined ? readImage(image) : readModule(wasm)
}

/** A file is sent as it is; a name must say by its digest which image it is, or providers would run different ones. */
async function readImage(image: string): Promise<Uint8Array> {
  if (existsSync(image)) return readBounded(image, ARCHIVE_BYTES_MAX)
  if (/^\S+@sha256:[0-9a-f]{64}$/.test(image)) return new TextEncoder().encode(image)
  throw codedError('E_USAGE', `--image: there is no file ${image}, and it is no name with a digest`, {
    hint: 'such as image.tar from docker save, or registry.example/team/image@sha256:…'
  })
}

async function readModule(file: string): Promise<Uint8Array> {
  if ((await stat(file)).isDirectory()) throw new CodedError('E_NOT_WASM', `${file} is a folder`, { facts: { file } })
  const bytes = await readBounded(file, PROGRAM_BYTES_MAX)
  if (WASM_MODULE.every((byte, i) => bytes[i] === byte)) return bytes
  const isComponent = bytes.length >= 8 && WASM_MODULE.subarray(0, 4).every((byte, i) => bytes[i] === byte)
  throw new CodedError(
    'E_NOT_WASM',
    isComponent ? `${file} is a WebAssembly component, not a core module` : `${file} is not a WebAssembly module`,
    { facts: { file }, hint: 'compile the program for WASI preview 1, target wasm32-wasi or wasm32-wasip1' }
  )
}

/** The input folder's entries, read as they are needed. @throws CodedError E_FILE_NOT_FOUND */
export async function openInput(folder: string, signal: AbortSignal): Promise<NonNullable<JobSpec['input']>> {
  const stats = await stat(folder)
  if (!stats.isDirectory()) {
    throw codedError('E_USAGE', `--input: ${folder} is not a folder`, { hint: 'put the file into a folder of its own' })
  }
  return readDirectory(resolve(folder), { signal })
}

function count(text: string, name: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text)
  throw codedError('E_USAGE', `${name}: ${JSON.stringify(text)} is not a number from 1 to ${REPLICAS_MAX}`)
}

function cpuMillis(text: string): number {
  const millis = /^\d{1,4}(?:\.\d{1,3})?$/.test(text) ? Math.round(Number(text) * 1000) : 0
  if (millis > 0) return millis
  throw codedError('E_USAGE', `--cpu: ${JSON.stringify(text)} is not a number of cores`, { hint: 'such as 1 or 0.5' })
}

function spread(text: string): Spread {
  const found = SPREADS.find(name => name === text)
  if (found !== undefined) return found
  throw codedError('E_USAGE', `--spread: ${JSON.stringify(text)} is none of ${SPREADS.join(', ')}`)
}

function environmentEntry(text: string): string {
  if (text.indexOf('=') >= 1) return text
  throw codedError('E_USAGE', `--env: ${JSON.stringify(text)} is not NAME=value`)
}

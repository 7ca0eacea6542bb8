import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { createGunzip, gunzipSync } from 'node:zlib'
import { createExecutionError } from '../../errors.ts'
import {
  ARCHIVE_BYTES_MAX,
  ARCHIVE_ENTRIES_MAX,
  CONFIG_BYTES_MAX,
  IMAGE_BYTES_MAX,
  IMAGE_ENTRIES_MAX,
  LAYERS_MAX
} from '../limits.ts'
import { readTar } from '../tar/read.ts'
import { writeTar } from '../tar/write.ts'

/** An image as it came in an archive, every part checked against the digest that names it. */
export interface ArchivedImage {
  /** Digest of the configuration, which names all layers: "sha256:…". */
  id: string
  os: string
  architecture: string
  config: Buffer
  /** Perhaps compressed. */
  layers: readonly Buffer[]
}

interface ImageConfig {
  os?: unknown
  architecture?: unknown
  rootfs?: { diff_ids?: unknown }
}

const GZIP = [0x1f, 0x8b]
/** How bzip2, xz and zstd begin: an engine that unpacks those would see other files than we do. */
const OTHERS = ['425a68', 'fd377a585a00', '28b52ffd']
/** Behind one of sixteen first bytes: what zstd passes over, before what it does not. */
const ZSTD_SKIPPED = /^5[0-9a-f]2a4d18/
const DIGEST = /^sha256:[0-9a-f]{64}$/

/**
 * Reads an archive as `docker save` or an OCI layout has it, with one image in it.
 *
 * Every layer is unpacked once, in passing, so that no digest is taken on trust and nothing that would fill a disk reaches
 * the engine. Throws E_BAD_PROGRAM.
 */
export async function readImageArchive(bytes: Uint8Array): Promise<ArchivedImage> {
  try {
    const files = await readFiles(inflated(bytes))
    const { config, layers } = files.has('manifest.json') ? fromDockerArchive(files) : fromLayout(files)
    const { os, architecture, rootfs } = parse<ImageConfig>(config)
    const diffIds = rootfs?.diff_ids
    if (typeof os !== 'string' || typeof architecture !== 'string') throw new RangeError('it is for no known system')
    if (!isDigests(diffIds) || diffIds.length !== layers.length)
      throw new RangeError('its layers are not those it names')
    await checkLayers(layers, diffIds)
    return { id: digestOf(config), os, architecture, config, layers }
  } catch (err) {
    if (!(err instanceof Error)) throw err
    throw createExecutionError('E_BAD_PROGRAM', 'the program is not an archive of a container image', {
      facts: { reason: err.message },
      hint: 'make one with docker save',
      cause: err
    })
  }
}

/** The image as the engine shall have it, under one name of ours whatever names it came with. */
export function writeImageArchive({ config, layers }: ArchivedImage, name: string): Readable {
  const names = layers.map((_, i) => `layer-${i}.tar`)
  const manifest = Buffer.from(JSON.stringify([{ Config: 'config.json', RepoTags: [name], Layers: names }]))
  const parts = [['config.json', config] as const, ...layers.map((layer, i) => [names[i]!, layer] as const)]
  const files = [...parts, ['manifest.json', manifest] as const]
  return Readable.from(
    writeTar(files.map(([path, content]) => ({ path, sizeBytes: content.length, content: [content] })))
  )
}

function inflated(bytes: Uint8Array): Buffer {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (buffer.length > ARCHIVE_BYTES_MAX) throw new RangeError('it is too large')
  return isGzip(buffer) ? gunzipSync(buffer, { maxOutputLength: ARCHIVE_BYTES_MAX }) : buffer
}

async function readFiles(archive: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>()
  await readTar([archive], {
    entriesMax: ARCHIVE_ENTRIES_MAX,
    onEntry({ path, type, sizeBytes }) {
      if (type === 'folder') return undefined
      if (type !== 'file') throw new RangeError('it holds links')
      if (files.has(path)) throw new RangeError('it holds a file twice')
      // A header may lie about what follows it.
      if (sizeBytes > archive.length) throw new RangeError('it is cut off')
      const content = Buffer.alloc(sizeBytes)
      files.set(path.replace(/^\.\//, ''), content)
      let filled = 0
      return part => {
        filled += part.copy(content, filled)
      }
    }
  })
  return files
}

interface Parts {
  config: Buffer
  layers: Buffer[]
}

/** `docker save`: a list of images, each a file for its configuration and one for each layer. */
function fromDockerArchive(files: ReadonlyMap<string, Buffer>): Parts {
  const images = parse<{ Config?: unknown; Layers?: unknown }[]>(fileOf(files, 'manifest.json'))
  if (!Array.isArray(images) || images.length !== 1) throw new RangeError('it does not hold exactly one image')
  const { Config, Layers } = images[0]!
  if (!Array.isArray(Layers) || Layers.length > LAYERS_MAX) throw new RangeError('it names no layers, or too many')
  return { config: fileOf(files, Config), layers: Layers.map(name => fileOf(files, name)) }
}

interface Descriptor {
  digest?: unknown
}

/** An OCI image layout: blobs by digest, from the index down. */
function fromLayout(files: ReadonlyMap<string, Buffer>): Parts {
  const blob = (descriptor: Descriptor | undefined) => {
    const digest = descriptor?.digest
    if (typeof digest !== 'string' || !DIGEST.test(digest)) throw new RangeError('it names a part by no digest')
    const content = fileOf(files, `blobs/${digest.replace(':', '/')}`)
    if (digestOf(content) !== digest) throw new RangeError('a part of it is not what its digest says')
    return content
  }
  const { manifests } = parse<{ manifests?: Descriptor[] }>(fileOf(files, 'index.json'))
  if (!Array.isArray(manifests) || manifests.length !== 1) throw new RangeError('it does not hold exactly one image')
  const { config, layers } = parse<{ config?: Descriptor; layers?: Descriptor[] }>(blob(manifests[0]))
  if (!Array.isArray(layers) || layers.length > LAYERS_MAX) throw new RangeError('it names no layers, or too many')
  return { config: blob(config), layers: layers.map(blob) }
}

/** Unpacks each layer without keeping it. */
async function checkLayers(layers: readonly Buffer[], diffIds: readonly string[]): Promise<void> {
  let bytesLeft = IMAGE_BYTES_MAX
  let entriesLeft = IMAGE_ENTRIES_MAX
  for (const [at, layer] of layers.entries()) {
    if (isCompressedOtherwise(layer)) throw new RangeError('a layer is compressed otherwise')
    const hash = createHash('sha256')
    await readTar(
      unpacked(layer, part => {
        hash.update(part)
        bytesLeft -= part.length
        if (bytesLeft < 0) throw new RangeError('its layers are too large')
      }),
      {
        entriesMax: entriesLeft,
        onEntry({ sizeBytes }) {
          entriesLeft--
          // Before any of it is unpacked.
          if (sizeBytes > bytesLeft) throw new RangeError('its layers are too large')
          return undefined
        }
      }
    )
    if (`sha256:${hash.digest('hex')}` !== diffIds[at])
      throw new RangeError('a layer of it is not what its digest says')
  }
}

/** Pieces small enough for others to have their turn in between. */
const PIECE_BYTES = 1 << 20

async function* unpacked(layer: Buffer, onPiece: (piece: Buffer) => void): AsyncGenerator<Buffer> {
  const raw = Readable.from(piecesOf(layer))
  for await (const piece of (isGzip(layer) ? raw.pipe(createGunzip()) : raw) as AsyncIterable<Buffer>) {
    onPiece(piece)
    yield piece
  }
}

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES)
}

function fileOf(files: ReadonlyMap<string, Buffer>, name: unknown): Buffer {
  const content = typeof name === 'string' ? files.get(name) : undefined
  if (content === undefined) throw new RangeError(`it has no file ${String(name).slice(0, 100)}`)
  return content
}

function parse<T>(content: Buffer): T {
  if (content.length > CONFIG_BYTES_MAX) throw new RangeError('its description is too long')
  const value: unknown = JSON.parse(content.toString())
  if (typeof value !== 'object' || value === null) throw new RangeError('its description is none')
  return value as T
}

function isDigests(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(digest => typeof digest === 'string' && DIGEST.test(digest))
}

function isGzip(bytes: Buffer): boolean {
  return GZIP.every((byte, i) => bytes[i] === byte)
}

function isCompressedOtherwise(bytes: Buffer): boolean {
  const start = bytes.toString('hex', 0, 6)
  return ZSTD_SKIPPED.test(start) || OTHERS.some(other => start.startsWith(other))
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

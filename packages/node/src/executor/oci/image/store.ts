import { abortable } from '../../abortable.ts'
import { createExecutionError } from '../../errors.ts'
import type { ExecutionProgram } from '../../executor.ts'
import type { Engine } from '../engine/engine.ts'
import type { ImageDetails } from '../engine/types.ts'
import { ARCHIVE_BYTES_MAX, CLEANUP_TIMEOUT_MS, IMAGE_BYTES_MAX, IMAGE_VOLUMES_MAX, IMAGES_MAX } from '../limits.ts'
import { readImageArchive } from './archive.ts'
import { loadInto } from './load.ts'
import { type ImageReference, parseReference } from './reference.ts'

/** An image in the engine, ready for containers. */
export interface PreparedImage {
  /** Its digest, never a name. */
  id: string
  /** Folders that it wants to write to. */
  volumes: readonly string[]
}

/** The engine's images that are ours: each has one name, made of its program's CID. */
export interface ImageStore {
  /** Takes over what an earlier process left. */
  start(signal: AbortSignal): Promise<void>
  /** Loads or pulls it unless it is there. The returned function says that it is not needed any more. */
  take(program: ExecutionProgram, signal: AbortSignal): Promise<PreparedImage & { release: () => void }>
  /** The engine has lost it. */
  forget(cid: string): void
}

export interface ImageStoreInit {
  engine: Engine
  /** Name in the engine for all images of this node, without a tag. */
  repository: string
  /** As the engine calls its own. */
  architecture: string
  /** Hosts that images may be pulled from. */
  registries: readonly string[]
}

interface Kept extends PreparedImage {
  users: number
}

export function createImageStore({ engine, repository, architecture, registries }: ImageStoreInit): ImageStore {
  /** By CID, the one not used for longest first. */
  const kept = new Map<string, Kept>()
  const coming = new Map<string, Promise<unknown>>()
  const nameOf = (cid: string) => `${repository}:${tagOf(cid)}`

  /** Throws E_IMAGE_UNAVAILABLE for one that does not run here, E_BAD_PROGRAM for one that is too much. */
  function check(details: ImageDetails): PreparedImage {
    requireMatch(details.Os, details.Architecture)
    const volumes = Object.keys(details.Config?.Volumes ?? {})
    if (volumes.length > IMAGE_VOLUMES_MAX || details.Size > IMAGE_BYTES_MAX) {
      throw createExecutionError('E_BAD_PROGRAM', 'the image is too large or has too many volumes', {
        facts: { sizeBytes: details.Size, sizeBytesMax: IMAGE_BYTES_MAX, volumes: volumes.length }
      })
    }
    return { id: details.Id, volumes }
  }

  function requireMatch(os: string, arch: string): void {
    if (os === 'linux' && arch === architecture) return
    throw createExecutionError('E_IMAGE_UNAVAILABLE', `the image is for ${os} on ${arch}`, {
      facts: { os, architecture: arch, needed: `linux on ${architecture}` }
    })
  }

  async function load(bytes: Uint8Array, name: string, signal: AbortSignal): Promise<PreparedImage> {
    const image = await readImageArchive(bytes)
    requireMatch(image.os, image.architecture)
    signal.throwIfAborted()
    try {
      return check(await loadInto(engine, image, name, signal))
    } catch (err) {
      await discard(name)
      throw err
    }
  }

  /** What was called off may have come all the same; nobody would think of it again. */
  async function discard(name: string): Promise<void> {
    await engine.removeImage(name, AbortSignal.timeout(CLEANUP_TIMEOUT_MS)).catch(() => {})
  }

  async function pull({ name, registry }: ImageReference, cid: string, signal: AbortSignal): Promise<PreparedImage> {
    if (!registries.includes(registry)) {
      throw createExecutionError('E_IMAGE_UNAVAILABLE', `this provider takes no images from ${registry}`, {
        facts: { registry, registries },
        hint: 'send the image itself, as an archive'
      })
    }
    try {
      await engine.pullImage(name, requireSize, signal)
      const details = await engine.inspectImage(name, signal)
      const digest = name.slice(name.indexOf('@'))
      if (details?.RepoDigests?.some(known => known.endsWith(digest)) !== true) {
        throw createExecutionError('E_IMAGE_UNAVAILABLE', 'the registry gave another image than was asked for', {
          facts: { reference: name }
        })
      }
      const image = check(details)
      await engine.tagImage(details.Id, repository, tagOf(cid), signal)
      return image
    } finally {
      // It goes by our own name now, or not at all.
      await discard(name)
    }
  }

  async function fetch(program: ExecutionProgram, signal: AbortSignal): Promise<PreparedImage> {
    const bytes = await abortable(program.load({ signal }), signal)
    if (bytes.length > ARCHIVE_BYTES_MAX) {
      throw createExecutionError('E_BAD_PROGRAM', 'the image is too large', {
        facts: { programBytes: bytes.length, programBytesMax: ARCHIVE_BYTES_MAX }
      })
    }
    const reference = parseReference(bytes)
    if (reference === undefined) return load(bytes, nameOf(program.cid), signal)
    return pull(reference, program.cid, signal)
  }

  /** One at a time for each image: the second finds it there, or tries for itself. */
  async function prepare(program: ExecutionProgram, signal: AbortSignal): Promise<Kept> {
    for (;;) {
      const known = kept.get(program.cid)
      if (known !== undefined) return known
      const other = coming.get(program.cid)
      if (other === undefined) break
      await abortable(
        other.catch(() => {}),
        signal
      )
    }
    const fetching = fetch(program, signal)
    coming.set(program.cid, fetching)
    try {
      const image = { ...(await fetching), users: 0 }
      kept.set(program.cid, image)
      return image
    } finally {
      coming.delete(program.cid)
    }
  }

  async function makeRoom(signal: AbortSignal): Promise<void> {
    for (const [cid, { users }] of kept) {
      if (kept.size <= IMAGES_MAX) return
      if (users > 0) continue
      kept.delete(cid)
      await engine.removeImage(nameOf(cid), signal)
    }
  }

  return {
    async start(signal) {
      kept.clear()
      for (const name of await engine.listImages(repository, signal)) {
        const details = await engine.inspectImage(name, signal)
        const cid = name.slice(repository.length + 1)
        if (details !== undefined) kept.set(cid, { ...check(details), users: 0 })
      }
      await makeRoom(signal)
    },
    async take(program, signal) {
      const image = await prepare(program, signal)
      image.users++
      kept.delete(program.cid)
      kept.set(program.cid, image)
      await makeRoom(signal)
      return {
        id: image.id,
        volumes: image.volumes,
        release: () => {
          image.users--
        }
      }
    },
    forget: cid => kept.delete(cid)
  }

  function requireSize(bytes: number): void {
    if (bytes <= IMAGE_BYTES_MAX) return
    throw createExecutionError('E_BAD_PROGRAM', 'the image is too large', {
      facts: { sizeBytes: bytes, sizeBytesMax: IMAGE_BYTES_MAX }
    })
  }
}

/** CIDs are letters and digits, which tags take; anything else is our own doing. */
function tagOf(cid: string): string {
  if (/^\w[\w.-]{0,127}$/.test(cid)) return cid
  throw createExecutionError('E_BAD_JOB', 'the program has no CID that can name an image', { facts: { cid } })
}

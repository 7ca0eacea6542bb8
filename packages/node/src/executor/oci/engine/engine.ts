import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createExecutionError } from '../../errors.ts'
import { CONTAINER_TIMEOUT_MS, IMAGE_TIMEOUT_MS } from '../limits.ts'
import { createConnection, type EngineAnswer, type EngineRequest, messageOf, refused } from './connection.ts'
import { readProgress, unavailable, unloadable } from './progress.ts'
import type {
  ContainerSpec,
  ContainerState,
  ContainerStats,
  EngineInfo,
  ImageDetails,
  Labels,
  MountPoint,
  VolumeSpec
} from './types.ts'

/** The oldest interface that has all we use: engine 20.10, of December 2020. */
const VERSION_MIN = 1.41

/** The calls to the Docker Engine API that we make, typed. Each takes a signal, and is bounded in time. */
export type Engine = ReturnType<typeof createEngine>

export function createEngine(socketPath: string) {
  const connection = createConnection(socketPath)
  let prefix = `/v${VERSION_MIN}`

  const ask = (init: EngineRequest) => connection.ask({ ...init, path: prefix + init.path })

  /** Asks and takes only the statuses named. */
  async function demand(what: string, statuses: readonly number[], init: EngineRequest): Promise<EngineAnswer> {
    const answer = await ask(init)
    if (!statuses.includes(answer.status)) throw refused(what, answer)
    return answer
  }

  /** A long stream, or the refusal of it. */
  async function stream(what: string, init: EngineRequest, refusal = refused): Promise<IncomingMessage> {
    const incoming = await connection.open({ ...init, path: prefix + init.path })
    if (incoming.statusCode === 200) return incoming
    const text = Buffer.concat(await incoming.toArray()).toString()
    throw refusal(what, { status: incoming.statusCode ?? 0, body: parseOr(text) })
  }

  const container = (id: string, rest = '') => `/containers/${encodeURIComponent(id)}${rest}`

  return {
    /** Throws E_RUNNER_DIED for an engine that is too old. */
    async connect(signal: AbortSignal): Promise<EngineInfo> {
      const { body } = await connection.ask({ method: 'GET', path: '/version', signal })
      const { ApiVersion, MinAPIVersion } = body as Record<string, string>
      const version = Math.max(VERSION_MIN, apiNumber(MinAPIVersion))
      if (apiNumber(ApiVersion) < version) {
        throw createExecutionError('E_RUNNER_DIED', 'the container engine is too old', {
          facts: { apiVersion: ApiVersion, apiVersionMin: VERSION_MIN },
          hint: 'install Docker 20.10 or newer'
        })
      }
      prefix = `/v${version}`
      return (await demand('tell about itself', [200], { method: 'GET', path: '/info', signal })).body as EngineInfo
    },

    /** Not to be called off: an engine goes on with it all the same, and nobody would remove the container. */
    async createContainer(name: string, spec: ContainerSpec): Promise<'created' | 'no image'> {
      const signal = AbortSignal.timeout(CONTAINER_TIMEOUT_MS)
      const path = `/containers/create?name=${encodeURIComponent(name)}`
      const answer = await ask({ method: 'POST', path, body: spec, signal, timeoutMs: CONTAINER_TIMEOUT_MS })
      if (answer.status === 201) return 'created'
      if (answer.status === 404) return 'no image'
      throw refused('create a container', answer)
    },

    async startContainer(id: string, signal: AbortSignal): Promise<void> {
      const path = container(id, '/start')
      const answer = await ask({ method: 'POST', path, signal, timeoutMs: CONTAINER_TIMEOUT_MS })
      if (answer.status === 204) return
      const message = messageOf(answer.body)
      if (/could not select device driver|capabilities: \[\[gpu\]\]/i.test(message)) {
        throw createExecutionError('E_NO_GPU', 'this machine has no graphics processor for containers')
      }
      throw refused('start a container', answer)
    },

    /** Resolves once the engine watches for the end of a container that is not started yet; `exited` then tells of it. */
    async watchExit(id: string, signal: AbortSignal, timeoutMs: number): Promise<{ exited: Promise<void> }> {
      const path = container(id, '/wait?condition=next-exit')
      const answer = await stream('wait for a container', { method: 'POST', path, signal, timeoutMs })
      return { exited: finish(answer) }
    },

    attach: (id: string, withStdin: boolean, signal: AbortSignal) =>
      connection.upgrade({
        path: `${prefix}${container(id, `/attach?stream=1&stdout=1&stderr=1&stdin=${withStdin ? 1 : 0}`)}`,
        signal
      }),

    async inspectContainer(id: string, signal: AbortSignal): Promise<{ State: ContainerState; Mounts: MountPoint[] }> {
      const { body } = await demand('tell about a container', [200], {
        method: 'GET',
        path: container(id, '/json'),
        signal
      })
      return body as { State: ContainerState; Mounts: MountPoint[] }
    },

    async stats(id: string, signal: AbortSignal): Promise<ContainerStats> {
      const path = container(id, '/stats?stream=false&one-shot=true')
      return (await demand('measure a container', [200], { method: 'GET', path, signal })).body as ContainerStats
    },

    /** Ends it if it runs. Nothing happens where there is none. */
    async removeContainer(id: string, signal: AbortSignal): Promise<void> {
      const path = container(id, '?force=true&v=true')
      // 409: somebody is removing it already.
      await demand('remove a container', [204, 404, 409], {
        method: 'DELETE',
        path,
        signal,
        timeoutMs: CONTAINER_TIMEOUT_MS
      })
    },

    /** Their names. */
    async listContainers(label: string, signal: AbortSignal): Promise<string[]> {
      const path = `/containers/json?all=true&filters=${filters({ label: [label] })}`
      const { body } = await demand('list containers', [200], { method: 'GET', path, signal })
      return (body as { Names: string[] }[]).flatMap(({ Names }) => Names.slice(0, 1).map(name => name.slice(1)))
    },

    /** Not to be called off, as little as a container. */
    async createVolume(spec: VolumeSpec): Promise<void> {
      const signal = AbortSignal.timeout(CONTAINER_TIMEOUT_MS)
      await demand('create a volume', [201], { method: 'POST', path: '/volumes/create', body: spec, signal })
    },

    async removeVolume(name: string, signal: AbortSignal): Promise<void> {
      const path = `/volumes/${encodeURIComponent(name)}?force=true`
      await demand('remove a volume', [204, 404], { method: 'DELETE', path, signal })
    },

    async listVolumes(label: string, signal: AbortSignal): Promise<string[]> {
      const path = `/volumes?filters=${filters({ label: [label] })}`
      const { body } = await demand('list volumes', [200], { method: 'GET', path, signal })
      return ((body as { Volumes: { Name: string }[] | null }).Volumes ?? []).map(({ Name }) => Name)
    },

    /** Unpacks an archive in a container that does not run; its volumes are mounted meanwhile. */
    async putArchive(id: string, folder: string, archive: Readable, signal: AbortSignal): Promise<void> {
      const path = container(id, `/archive?path=${encodeURIComponent(folder)}`)
      await demand('take files', [200], { method: 'PUT', path, body: archive, signal, timeoutMs: IMAGE_TIMEOUT_MS })
    },

    /**
     * Keeps the volumes of a container mounted that does not run, until the returned function is called or we die: an
     * archive is being sent to it that does not go on. The engine reads its body only once they are mounted.
     */
    holdVolumes: (id: string, folder: string, signal: AbortSignal) =>
      connection.hold({
        method: 'PUT',
        path: `${prefix}${container(id, `/archive?path=${encodeURIComponent(folder)}`)}`,
        signal
      }),

    /** A folder of a container as an archive, whether it runs or not. */
    getArchive: (id: string, folder: string, signal: AbortSignal) =>
      stream('give files', {
        method: 'GET',
        path: container(id, `/archive?path=${encodeURIComponent(folder)}`),
        signal,
        timeoutMs: IMAGE_TIMEOUT_MS
      }),

    /** Undefined where there is none. */
    async inspectImage(name: string, signal: AbortSignal): Promise<ImageDetails | undefined> {
      const answer = await ask({ method: 'GET', path: `/images/${encodeURIComponent(name)}/json`, signal })
      if (answer.status === 404) return undefined
      if (answer.status !== 200) throw refused('tell about an image', answer)
      return answer.body as ImageDetails
    },

    /** Names, with their tags, of the images under `repository`. */
    async listImages(repository: string, signal: AbortSignal): Promise<string[]> {
      const path = `/images/json?filters=${filters({ reference: [`${repository}:*`] })}`
      const { body } = await demand('list images', [200], { method: 'GET', path, signal })
      const names = (body as { RepoTags: string[] | null }[]).flatMap(({ RepoTags }) => RepoTags ?? [])
      return names.filter(name => name.startsWith(`${repository}:`))
    },

    /** Throws E_BAD_PROGRAM for one that no engine would take. */
    async loadImage(archive: Readable, signal: AbortSignal): Promise<void> {
      const init = {
        method: 'POST',
        path: '/images/load?quiet=true',
        body: archive,
        signal,
        timeoutMs: IMAGE_TIMEOUT_MS
      } as const
      try {
        await readProgress(await stream('load an image', init))
      } catch (err) {
        throw unloadable(err)
      }
    },

    /** `onBytes` is told, again and again, how much is to be downloaded as far as that is known, and may throw. */
    async pullImage(name: string, onBytes: (bytes: number) => void, signal: AbortSignal): Promise<void> {
      const at = name.indexOf('@')
      const [image, digest] = [name.slice(0, at), name.slice(at + 1)].map(encodeURIComponent)
      const path = `/images/create?fromImage=${image}&tag=${digest}`
      const init = { method: 'POST', path, signal, timeoutMs: IMAGE_TIMEOUT_MS } as const
      // What is not to be had is refused at once, or among the lines.
      const pulling = await stream('pull an image', init, (_what, { body }) => unavailable(messageOf(body)))
      await readProgress(pulling, onBytes)
    },

    async tagImage(name: string, repository: string, tag: string, signal: AbortSignal): Promise<void> {
      const path = `/images/${encodeURIComponent(name)}/tag?repo=${encodeURIComponent(repository)}&tag=${tag}`
      await demand('name an image', [201], { method: 'POST', path, signal })
    },

    /** Takes a name away, and the image with its last one. An image in use stays. */
    async removeImage(name: string, signal: AbortSignal): Promise<void> {
      const init = { method: 'DELETE', path: `/images/${encodeURIComponent(name)}`, signal } as const
      await demand('remove an image', [200, 404, 409], { ...init, timeoutMs: CONTAINER_TIMEOUT_MS })
    }
  }
}

export const labelText = (labels: Labels) =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join()

function filters(by: Record<string, readonly string[]>): string {
  return encodeURIComponent(JSON.stringify(by))
}

/** Reads a short answer that takes long to come. */
async function finish(answer: IncomingMessage): Promise<void> {
  try {
    await answer.resume().toArray()
  } catch (cause) {
    throw createExecutionError('E_RUNNER_DIED', 'the container engine went away', { cause })
  }
}

/** 1.41 < 1.100 does not hold for numbers, and no engine is near it. */
function apiNumber(version: string | undefined): number {
  const number = Number(version)
  return Number.isFinite(number) ? number : 0
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

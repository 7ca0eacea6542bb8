import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a group can bound. A machine without the processor's still bounds the other two. */
export type Controller = 'memory' | 'pids' | 'cpu'

export interface GroupPlace {
  /** The group that this process is in, as a folder. */
  readonly folder: string
  /** The topmost group that this process sees. */
  readonly top: string
  readonly controllers: readonly Controller[]
}

/** Where this process stands in the machine's control groups: one folder for all controllers in version 2. */
export interface GroupPlaces {
  readonly version: 1 | 2
  readonly places: readonly GroupPlace[]
}

const CONTROLLERS: readonly Controller[] = ['memory', 'pids', 'cpu']

/** Undefined where the system has no control groups that bound memory and processes, or none that are mounted. */
export async function findGroupPlaces(read: ReadText = readText): Promise<GroupPlaces | undefined> {
  try {
    const mounts = parseMounts(await read('/proc/self/mountinfo'))
    const membership = parseMembership(await read('/proc/self/cgroup'))
    return (await findUnified(mounts, membership, read)) ?? findSeparate(mounts, membership)
  } catch {
    return undefined
  }
}

/** Reads what the system tells in files. */
export type ReadText = (path: string) => Promise<string>
const readText: ReadText = path => readFile(path, 'utf8')

interface Mount {
  /** Which part of the hierarchy is mounted. */
  readonly root: string
  readonly folder: string
  readonly type: string
  readonly options: readonly string[]
}

/** Version 2. Systems that still bind controllers to version 1 mount this one too, without any. */
async function findUnified(
  mounts: readonly Mount[],
  membership: ReadonlyMap<string, string>,
  read: ReadText
): Promise<GroupPlaces | undefined> {
  const mount = mounts.find(({ type }) => type === 'cgroup2')
  const folder = mount && folderIn(mount, membership.get(''))
  if (folder === undefined) return undefined
  const offered = (await read(join(folder, 'cgroup.controllers'))).split(/\s+/)
  const controllers = CONTROLLERS.filter(name => offered.includes(name))
  return suffices(controllers) ? { version: 2, places: [{ folder, top: mount!.folder, controllers }] } : undefined
}

/** Version 1: a hierarchy for each controller, or for some together. */
function findSeparate(mounts: readonly Mount[], membership: ReadonlyMap<string, string>): GroupPlaces | undefined {
  const places = mounts
    .filter(({ type }) => type === 'cgroup')
    .flatMap(mount => {
      const controllers = CONTROLLERS.filter(name => mount.options.includes(name))
      const folder = controllers[0] && folderIn(mount, membership.get(controllers[0]))
      return folder === undefined ? [] : [{ folder, top: mount.folder, controllers }]
    })
  return suffices(places.flatMap(place => place.controllers)) ? { version: 1, places } : undefined
}

function suffices(controllers: readonly Controller[]): boolean {
  return controllers.includes('memory') && controllers.includes('pids')
}

/** proc(5): fields up to a dash, then type, source and the options of the file system. */
function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap(line => {
    const [before, after] = line.split(' - ')
    const [root, folder] = before!.split(' ').slice(3)
    const [type, , options] = (after ?? '').split(' ')
    if (root === undefined || folder === undefined || !type?.startsWith('cgroup')) return []
    return [{ root, folder, type, options: options?.split(',') ?? [] }]
  })
}

/** Path by controller; version 2 is the one without a name. */
function parseMembership(text: string): Map<string, string> {
  return new Map(
    text.split('\n').flatMap(line => {
      const [, , names = '', path] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? []
      return path === undefined ? [] : names.split(',').map(name => [name, path] as const)
    })
  )
}

/** Undefined where the path is not in the part that is mounted. */
function folderIn({ root, folder }: Mount, path: string | undefined): string | undefined {
  if (path === undefined || path.startsWith('/..')) return undefined
  if (root === '/') return join(folder, path)
  if (path === root || path.startsWith(`${root}/`)) return join(folder, path.slice(root.length))
  return undefined
}

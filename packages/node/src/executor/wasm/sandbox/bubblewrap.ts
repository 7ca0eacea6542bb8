import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Where a wrapped process finds things. */
export const INSIDE = { node: '/archipel/node', modules: '/archipel/modules' } as const

/** Nobody, as Linux numbers it. */
const NOBODY = '65534'
const TRACE_TIMEOUT_MS = 5_000
/** Where the loader looks, for the case that it does not tell what it found. */
const LIBRARY_FOLDERS = ['/lib', '/lib64', '/usr/lib', '/usr/lib64']

export interface BubblewrapInit {
  /** Absolute path of bubblewrap. */
  bwrap: string
  node: string
  modules: string
  /** Files and folders that the loader needs to start Node. */
  libraries: readonly string[]
  /** Whether to forbid further user namespaces, which bubblewrap knows from 0.8 on. */
  disableUserns: boolean
  /** Descriptor with a filter of system calls; undefined for none. */
  filterFd: number | undefined
}

/**
 * Command line that starts what follows it in namespaces of its own: no network, no other processes, no host files but
 * Node, its libraries and the runner's modules, all read-only; nobody's identity and no capability; gone when its
 * parent goes.
 */
export function bubblewrap({ bwrap, node, modules, libraries, disableUserns, filterFd }: BubblewrapInit): string[] {
  return [
    bwrap,
    '--unshare-all',
    '--unshare-user',
    ...(disableUserns ? ['--disable-userns'] : []),
    ...['--uid', NOBODY, '--gid', NOBODY, '--hostname', 'archipel'],
    ...['--die-with-parent', '--new-session', '--as-pid-1', '--clearenv', '--cap-drop', 'ALL'],
    ...libraries.flatMap(path => ['--ro-bind-try', path, path]),
    ...['--ro-bind', node, INSIDE.node, '--ro-bind', modules, INSIDE.modules],
    ...(filterFd === undefined ? [] : ['--seccomp', String(filterFd)]),
    ...['--remount-ro', '/', '--chdir', '/', '--']
  ]
}

/** What the dynamic loader needs to start `node`. glibc tells when asked through the environment; else all libraries. */
export async function findLibraries(node: string): Promise<string[]> {
  try {
    const env = { LD_TRACE_LOADED_OBJECTS: '1' }
    const { stdout } = await promisify(execFile)(node, ['--version'], { env, timeout: TRACE_TIMEOUT_MS })
    const paths = [...stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(match => match[1]!)
    if (paths.length > 0) return paths
  } catch {
    // A loader that does not know the question; the probe decides whether the folders will do.
  }
  return LIBRARY_FOLDERS
}

import { bubblewrap, findLibraries, INSIDE } from './bubblewrap.ts'
import { findCommand } from './find-command.ts'
import { nodeArguments } from './node-arguments.ts'

/** What a program may be confined by, as `isolation` names it. Everything but the first two may be missing on a machine. */
export const LAYERS = ['process', 'permission', 'rlimits', 'setpriv', 'bubblewrap', 'seccomp', 'cgroup'] as const
export type Layer = (typeof LAYERS)[number]

/** A way to start a runner, and the layers of confinement it has. */
export interface Confinement {
  readonly isolation: readonly Layer[]
  /** File and arguments, for a process that first joins these control groups. */
  command(groups: readonly string[]): readonly string[]
  /** File with the filter of system calls, which the command reads from descriptor {@link FILTER_FD}. */
  readonly filter: string | undefined
}

export interface CandidatesInit {
  /** Absolute path of the Node to run. */
  node: string
  /** Folder with the runner's modules; see copyRunnerModules. */
  modules: string
  pagesMax: number
  /** File with the filter of system calls; undefined where there is none for this machine. */
  filter: string | undefined
  /** Whether control groups can be made. */
  groups: boolean
  /** Layers not to try. */
  avoid: readonly string[]
}

/** Where the command finds its filter. */
export const FILTER_FD = 3

/** Deep recursion is common in compiled programs; 64 MiB is eight times the usual stack. */
const STACK_KIB = 65_536
/** The engine must stop before the stack does: what it may use of it. */
const ENGINE_STACK_KIB = 60_000

/** No core dumps, few files, no writing of any file, and a large stack. Never the address space, which changes results. */
const RLIMITS = `ulimit -c 0 && ulimit -n 64 && ulimit -f 0 && ulimit -s ${STACK_KIB} && `
/** The process itself joins, before it is anything that a program could reach. */
const JOIN = 'while [ "$1" != -- ]; do echo $$ >"$1/cgroup.procs" || exit 1; shift; done && shift && '

/** No new privileges, no capabilities, killed with its parent; as nobody where root starts it. */
const SETPRIV = ['--no-new-privs', '--pdeathsig', 'KILL', '--inh-caps=-all']
const SETPRIV_ROOT = [...SETPRIV, '--bounding-set=-all']
const SETPRIV_NOBODY = [...SETPRIV_ROOT, '--reuid=65534', '--regid=65534', '--clear-groups']

/** Ways to start a runner, the strongest first; which of them work only trying can tell. */
export async function confinementCandidates(init: CandidatesInit): Promise<Confinement[]> {
  const unprivileged = await setprivWrappers()
  const wrappers = [...(await bubblewrapWrappers(init, unprivileged)), ...unprivileged, UNWRAPPED]
  const candidates = (init.groups ? [true, false] : [false]).flatMap(group =>
    [true, false].flatMap(rlimits => wrappers.map(wrapper => confine(wrapper, { rlimits, group }, init)))
  )
  return candidates.filter(({ isolation }) => !isolation.some(layer => init.avoid.includes(layer)))
}

/** A command in front of Node's. */
interface Wrapper {
  readonly layers: readonly Layer[]
  readonly prefix: readonly string[]
  /** Where Node and the modules are for what is wrapped; where they really are if left out. */
  readonly inside?: { readonly node: string; readonly modules: string }
}

const UNWRAPPED: Wrapper = { layers: [], prefix: [] }

/** What a shell does in front of all. */
interface Preparation {
  readonly rlimits: boolean
  readonly group: boolean
}

function confine(wrapper: Wrapper, { rlimits, group }: Preparation, init: CandidatesInit): Confinement {
  const { layers, prefix, inside } = wrapper
  const { node, modules } = inside ?? init
  const stackKiB = rlimits ? ENGINE_STACK_KIB : undefined
  const command = [...prefix, node, ...nodeArguments({ modules, pagesMax: init.pagesMax, stackKiB })]
  const script = `${group ? JOIN : ''}${rlimits ? RLIMITS : ''}exec "$@"`
  const shell = ['/bin/sh', '-c', script, 'sh']
  return {
    isolation: ['process', 'permission', ...(rlimits ? RLIMITS_LAYER : []), ...layers, ...(group ? GROUP_LAYER : [])],
    command: groups => (group ? [...shell, ...groups, '--', ...command] : rlimits ? [...shell, ...command] : command),
    filter: layers.includes('seccomp') ? init.filter : undefined
  }
}

const RLIMITS_LAYER = ['rlimits'] as const
const GROUP_LAYER = ['cgroup'] as const

async function setprivWrappers(): Promise<Wrapper[]> {
  const setpriv = await findCommand('setpriv')
  if (setpriv === undefined) return []
  const choices = isRoot() ? [SETPRIV_NOBODY, SETPRIV_ROOT] : [SETPRIV]
  return choices.map(options => ({ layers: ['setpriv'], prefix: [setpriv, ...options, '--'] }))
}

/**
 * As root, bubblewrap itself is first tried as nobody: what breaks out of it is then nobody too. Only bubblewrap can load a
 * filter: Node has no call for it, and what loads one must be between the last wrapper and Node.
 */
async function bubblewrapWrappers(init: CandidatesInit, unprivileged: readonly Wrapper[]): Promise<Wrapper[]> {
  const bwrap = await findCommand('bwrap')
  if (bwrap === undefined) return []
  const libraries = await findLibraries(init.node)
  const outer = isRoot() ? [...unprivileged.slice(0, 1), UNWRAPPED] : [UNWRAPPED]
  const filters = init.filter === undefined ? [undefined] : [FILTER_FD, undefined]
  return filters.flatMap(filterFd =>
    outer.flatMap(({ layers, prefix }) =>
      [true, false].map(
        (disableUserns): Wrapper => ({
          layers: [...layers, 'bubblewrap', ...(filterFd === undefined ? [] : (['seccomp'] as const))],
          prefix: [...prefix, ...bubblewrap({ ...init, bwrap, libraries, disableUserns, filterFd })],
          inside: INSIDE
        })
      )
    )
  )
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

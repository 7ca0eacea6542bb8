import { bubblewrap, findLibraries, INSIDE } from './bubblewrap.ts'
import { findCommand } from './find-command.ts'
import { nodeArguments } from './node-arguments.ts'

/** A way to start a runner, and the layers of confinement it has. */
export interface Confinement {
  readonly isolation: readonly string[]
  /** File and arguments. */
  readonly command: readonly string[]
}

export interface CandidatesInit {
  /** Absolute path of the Node to run. */
  node: string
  /** Folder with the runner's modules; see copyRunnerModules. */
  modules: string
  pagesMax: number
  /** Layers not to try. */
  avoid: readonly string[]
}

/** Deep recursion is common in compiled programs; 64 MiB is eight times the usual stack. */
const STACK_KIB = 65_536
/** The engine must stop before the stack does: what it may use of it. */
const ENGINE_STACK_KIB = 60_000

/** No core dumps, few files, no writing of any file, and a large stack. */
const RLIMITS = [
  '/bin/sh',
  '-c',
  `ulimit -c 0 && ulimit -n 64 && ulimit -f 0 && ulimit -s ${STACK_KIB} && exec "$@"`,
  'sh'
]

/** No new privileges, no capabilities, killed with its parent; as nobody where root starts it. */
const SETPRIV = ['--no-new-privs', '--pdeathsig', 'KILL', '--inh-caps=-all']
const SETPRIV_ROOT = [...SETPRIV, '--bounding-set=-all']
const SETPRIV_NOBODY = [...SETPRIV_ROOT, '--reuid=65534', '--regid=65534', '--clear-groups']

/** Ways to start a runner, the strongest first; which of them work only trying can tell. */
export async function confinementCandidates(init: CandidatesInit): Promise<Confinement[]> {
  const unprivileged = await setprivWrappers()
  const wrappers = [...(await bubblewrapWrappers(init, unprivileged)), ...unprivileged, UNWRAPPED]
  const candidates = [true, false].flatMap(rlimits => wrappers.map(wrapper => confine(wrapper, rlimits, init)))
  return candidates.filter(({ isolation }) => !isolation.some(layer => init.avoid.includes(layer)))
}

/** A command in front of Node's. */
interface Wrapper {
  readonly layers: readonly string[]
  readonly prefix: readonly string[]
  /** Where Node and the modules are for what is wrapped; where they really are if left out. */
  readonly inside?: { readonly node: string; readonly modules: string }
}

const UNWRAPPED: Wrapper = { layers: [], prefix: [] }

function confine({ layers, prefix, inside }: Wrapper, rlimits: boolean, init: CandidatesInit): Confinement {
  const { node, modules } = inside ?? init
  const stackKiB = rlimits ? ENGINE_STACK_KIB : undefined
  return {
    isolation: ['process', 'permission', ...(rlimits ? ['rlimits'] : []), ...layers],
    command: [
      ...(rlimits ? RLIMITS : []),
      ...prefix,
      node,
      ...nodeArguments({ modules, pagesMax: init.pagesMax, stackKiB })
    ]
  }
}

async function setprivWrappers(): Promise<Wrapper[]> {
  const setpriv = await findCommand('setpriv')
  if (setpriv === undefined) return []
  const choices = isRoot() ? [SETPRIV_NOBODY, SETPRIV_ROOT] : [SETPRIV]
  return choices.map(options => ({ layers: ['setpriv'], prefix: [setpriv, ...options, '--'] }))
}

/** As root, bubblewrap itself is first tried as nobody: what breaks out of it is then nobody too. */
async function bubblewrapWrappers(init: CandidatesInit, unprivileged: readonly Wrapper[]): Promise<Wrapper[]> {
  const bwrap = await findCommand('bwrap')
  if (bwrap === undefined) return []
  const libraries = await findLibraries(init.node)
  const outer = isRoot() ? [...unprivileged.slice(0, 1), UNWRAPPED] : [UNWRAPPED]
  return outer.flatMap(({ layers, prefix }) =>
    [true, false].map(disableUserns => ({
      layers: [...layers, 'bubblewrap'],
      prefix: [...prefix, ...bubblewrap({ ...init, bwrap, libraries, disableUserns })],
      inside: INSIDE
    }))
  )
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

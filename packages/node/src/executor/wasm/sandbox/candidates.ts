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
  const wrappers = [...(await bubblewrapped(init)), ...(await setprived(init)), unwrapped(init)]
  const candidates = [true, false].flatMap(rlimits => wrappers.map(wrapper => wrapper(rlimits)))
  return candidates.filter(({ isolation }) => !isolation.some(layer => init.avoid.includes(layer)))
}

type Wrapper = (rlimits: boolean) => Confinement

function confine(
  layer: string[],
  prefix: string[],
  inside: { node: string; modules: string },
  init: CandidatesInit
): Wrapper {
  return rlimits => ({
    isolation: ['process', 'permission', ...(rlimits ? ['rlimits'] : []), ...layer],
    command: [
      ...(rlimits ? RLIMITS : []),
      ...prefix,
      inside.node,
      ...nodeArguments({
        modules: inside.modules,
        pagesMax: init.pagesMax,
        stackKiB: rlimits ? ENGINE_STACK_KIB : undefined
      })
    ]
  })
}

async function bubblewrapped(init: CandidatesInit): Promise<Wrapper[]> {
  const bwrap = await findCommand('bwrap')
  if (bwrap === undefined) return []
  const libraries = await findLibraries(init.node)
  return [true, false].map(disableUserns =>
    confine(['bubblewrap'], bubblewrap({ ...init, bwrap, libraries, disableUserns }), INSIDE, init)
  )
}

async function setprived(init: CandidatesInit): Promise<Wrapper[]> {
  const setpriv = await findCommand('setpriv')
  if (setpriv === undefined) return []
  const choices = process.getuid?.() === 0 ? [SETPRIV_NOBODY, SETPRIV_ROOT] : [SETPRIV]
  return choices.map(options => confine(['setpriv'], [setpriv, ...options, '--'], init, init))
}

function unwrapped(init: CandidatesInit): Wrapper {
  return confine([], [], init, init)
}

import type { Layer } from '../../../packages/node/src/executor/wasm/sandbox/candidates.ts'

/** Sets of layers, weakest first: what a machine has without any system package, and what each package adds. */
export const LAYER_SETS = {
  process: ['process'],
  setpriv: ['process', 'rlimits', 'setpriv'],
  bubblewrap: ['process', 'rlimits', 'bubblewrap'],
  seccomp: ['process', 'rlimits', 'bubblewrap', 'seccomp'],
  cgroup: ['process', 'rlimits', 'bubblewrap', 'seccomp', 'cgroup']
} as const satisfies Record<string, readonly Layer[]>

export type LayerSet = keyof typeof LAYER_SETS
const SETS = Object.keys(LAYER_SETS) as LayerSet[]

/**
 * What becomes of an attempt: `held` by the layers; `through` them; or it `depends` on what the layers do not decide, such as
 * whether root started the node, or whether the machine has a network at all.
 */
export type Outcome = 'held' | 'through' | 'depends'

/** One outcome for each set of layers, in order. */
type Outcomes = readonly [process: Outcome, setpriv: Outcome, bubblewrap: Outcome, seccomp: Outcome, cgroup: Outcome]

const [H, T, D] = ['held', 'through', 'depends'] as const

/** What somebody tries who has broken out of the engine: see escaped-runner.mjs. */
export const ATTEMPTS = {
  'read a file of the host': [T, T, H, H, H],
  'list folders of the host': [T, T, H, H, H],
  'read the environment of another process': [T, D, H, H, H],
  'find anything in its own environment': [H, H, H, H, H],
  'write a file': [T, H, H, H, H],
  'plant a symbolic link': [T, D, H, H, H],
  'connect to a port of the host': [T, T, H, H, H],
  'connect to an abstract socket of the host': [T, T, H, H, H],
  'have a route to the metadata address': [D, D, H, H, H],
  'have a route to a name server': [D, D, H, H, H],
  'start a program': [T, D, T, H, H],
  'signal the node': [T, D, H, H, H],
  'end another process of the host': [T, D, H, H, H],
  'have two hundred files open': [T, H, H, H, H],
  'take precedence over everybody': [D, H, H, H, H],
  'become root': [D, D, H, H, H],
  'have a hundred threads': [T, T, T, T, H],
  'take half a gibibyte': [T, T, T, T, H]
} as const satisfies Record<string, Outcomes>

export type Attempt = keyof typeof ATTEMPTS

/** These may take the process with them: each gets one of its own. */
export const RISKY: readonly Attempt[] = ['have a hundred threads', 'take half a gibibyte']

export function expectedOutcome(attempt: Attempt, set: LayerSet): Outcome {
  return ATTEMPTS[attempt][SETS.indexOf(set)]!
}

const CELL = { held: 'held', through: '**gets through**', depends: 'depends' } as const

/** As docs/hostile.md shows it. */
export function outcomeTable(): string {
  const names = ['process alone', 'rlimits, setpriv', 'rlimits, bubblewrap', '… and seccomp', '… and cgroup']
  return [
    `| to … | ${names.join(' | ')} |`,
    `|${'---|'.repeat(names.length + 1)}`,
    ...Object.entries(ATTEMPTS).map(([name, cells]) => `| ${name} | ${cells.map(cell => CELL[cell]).join(' | ')} |`)
  ].join('\n')
}

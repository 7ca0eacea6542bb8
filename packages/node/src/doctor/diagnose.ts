import { FREE_BYTES_MIN } from '../execution/disk-space.ts'
import { LAYERS, type Layer } from '../executor/wasm/sandbox/candidates.ts'
import type { Facts, MachineFacts, SandboxFacts } from './facts.ts'

/**
 * `works`: as good as it gets. `covered`: not in force, and something stronger is in its place. `weak` and `missing`: programs
 * run, less confined than they could be. `trouble`: a node here would not run programs, or would refuse to.
 */
export type CheckState = 'works' | 'covered' | 'weak' | 'missing' | 'trouble'

export interface Check {
  readonly name: string
  readonly state: CheckState
  readonly detail: string
  /** What to do about it. */
  readonly remedy?: string
}

const NODE_MIN = '22.12'
const INSTALL_BUBBLEWRAP = 'apt-get install bubblewrap, or the package of that name of another system'
const DELEGATE =
  'start it as a service with Delegate=yes, or: systemd-run --user --scope -p Delegate=yes archipel node start'

/** What is right and wrong with a machine, the machine itself first and the layers of confinement outermost last. */
export function diagnose({ machine, sandbox }: Facts): Check[] {
  return [
    ...machineChecks(machine),
    groupsCheck(sandbox),
    ...LAYERS.map(layer => layerCheck(layer, machine, sandbox)),
    wasmCheck(sandbox)
  ]
}

function machineChecks({ nodeVersion, platform, architecture, kernel, isRoot, disk, clock }: MachineFacts): Check[] {
  const now = new Date(clock.nowMs).toISOString().replace(/\.\d+Z$/, 'Z')
  return [
    check(
      'node',
      isAtLeast(nodeVersion, NODE_MIN),
      `${nodeVersion}, ${NODE_MIN} or newer is needed`,
      'install a current Node'
    ),
    { name: 'kernel', state: 'works', detail: `${platform} ${kernel}, ${architecture}` },
    isRoot
      ? {
          name: 'user',
          state: 'weak',
          detail: 'root: what breaks out of a sandbox may be root too',
          remedy: 'start the node as a user of its own'
        }
      : { name: 'user', state: 'works', detail: 'not root' },
    check(
      'disk',
      disk.freeBytes >= FREE_BYTES_MIN,
      `${gib(disk.freeBytes)} GiB free in ${disk.folder}, ${gib(FREE_BYTES_MIN)} GiB are kept free`,
      'make room: a node below that takes no new work'
    ),
    check(
      'clock',
      clock.nowMs >= clock.installedMs,
      `${now}${clock.nowMs >= clock.installedMs ? '' : ', which is before this program was installed'}`,
      'set the clock, and keep it set: offers and deadlines are told by it'
    )
  ]
}

function groupsCheck({ groups }: SandboxFacts): Check {
  if ('reason' in groups) return { name: 'control groups', state: 'missing', detail: groups.reason }
  return {
    name: 'control groups',
    state: 'works',
    detail: `version ${groups.version}: ${[...groups.controllers].sort().join(', ')}`
  }
}

const PROTECTS: Readonly<Record<Layer, string>> = {
  process: 'a process for each tenant, which ends with the node',
  permission: 'no files, processes, threads or add-ons for what Node runs',
  rlimits: 'no files written, few open, no core dumps, a large stack',
  setpriv: 'no privileges, nobody’s identity where root starts it',
  bubblewrap: 'no network, no files, no processes of the machine',
  seccomp: 'no system calls but those that running a program takes',
  cgroup: 'bounded memory, processes and processor time, whatever happens inside'
}

function layerCheck(layer: Layer, machine: MachineFacts, sandbox: SandboxFacts): Check {
  const name = `layer ${layer}`
  if (sandbox.isolation.includes(layer)) return { name, state: 'works', detail: PROTECTS[layer] }
  if (layer === 'setpriv' && sandbox.isolation.includes('bubblewrap')) {
    return { name, state: 'covered', detail: 'bubblewrap takes all privileges away itself' }
  }
  return { name, state: 'missing', ...whyMissing(layer, machine, sandbox) }
}

function whyMissing(layer: Layer, machine: MachineFacts, sandbox: SandboxFacts): Pick<Check, 'detail' | 'remedy'> {
  if (machine.platform !== 'linux') return { detail: 'there is none for this system', remedy: 'sell from Linux' }
  switch (layer) {
    case 'bubblewrap':
      return whyNoBubblewrap(sandbox)
    case 'seccomp':
      if (!sandbox.hasFilter) return { detail: `no filter was reviewed for ${machine.architecture}` }
      if (!sandbox.hasBubblewrap) {
        return { detail: 'only bubblewrap can load the filter: Node has no call for it', remedy: INSTALL_BUBBLEWRAP }
      }
      return { detail: 'no process starts under the filter here' }
    case 'setpriv':
      return sandbox.hasSetpriv
        ? { detail: 'installed, and does not work here' }
        : { detail: 'not installed', remedy: 'apt-get install util-linux' }
    case 'cgroup':
      return 'reason' in sandbox.groups
        ? { detail: 'this process may make no groups', remedy: DELEGATE }
        : { detail: 'groups can be made, and no process starts in one here' }
    case 'rlimits':
      return {
        detail: 'the limits of this user are lower than those wanted',
        remedy: 'raise the hard limit of the stack to 65536 KiB'
      }
    default:
      return { detail: 'no process could be started at all' }
  }
}

function whyNoBubblewrap({
  hasBubblewrap,
  bubblewrapTrouble,
  restrictions
}: SandboxFacts): Pick<Check, 'detail' | 'remedy'> {
  if (!hasBubblewrap) return { detail: 'not installed', remedy: INSTALL_BUBBLEWRAP }
  if (restrictions.length > 0) {
    return {
      detail: `user namespaces are restricted by ${restrictions.join(' and ')}`,
      remedy: `sysctl -w ${restrictions.map(setting => REMEDIES[setting.split('=')[0]!]).join(' ')}, or give bwrap a profile that may make them`
    }
  }
  return { detail: `it says: ${bubblewrapTrouble ?? 'nothing; the runner does not start in it'}` }
}

/** Settings that forbid user namespaces, and what allows them. */
export const REMEDIES: Readonly<Record<string, string>> = {
  'kernel.unprivileged_userns_clone': 'kernel.unprivileged_userns_clone=1',
  'kernel.apparmor_restrict_unprivileged_userns': 'kernel.apparmor_restrict_unprivileged_userns=0',
  'user.max_user_namespaces': 'user.max_user_namespaces=15000'
}

function wasmCheck({ wasm }: SandboxFacts): Check {
  if ('failure' in wasm)
    return { name: 'executor wasm', state: 'trouble', detail: wasm.failure, remedy: 'see the layers above' }
  return {
    name: 'executor wasm',
    state: 'works',
    detail: `started in ${wasm.startMs} ms, ran a program in ${wasm.runMs} ms`
  }
}

function check(name: string, isRight: boolean, detail: string, remedy: string): Check {
  return isRight ? { name, state: 'works', detail } : { name, state: 'trouble', detail, remedy }
}

function isAtLeast(version: string, minimum: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  const [majorMin = 0, minorMin = 0] = minimum.split('.').map(Number)
  return major > majorMin || (major === majorMin && minor >= minorMin)
}

function gib(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1)
}

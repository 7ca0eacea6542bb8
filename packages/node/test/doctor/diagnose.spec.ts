import { describe, expect, it } from 'vitest'
import { exitCodeFor, renderChecks } from '../../src/cli/actions/node-doctor.ts'
import { createStyle } from '../../src/cli/output/style.ts'
import { renderTable } from '../../src/cli/output/table.ts'
import { diagnose } from '../../src/doctor/diagnose.ts'
import type { Facts } from '../../src/doctor/facts.ts'
import { isolationLevel, weakestLevel } from '../../src/executor/isolation.ts'

const style = createStyle({ isTty: false, env: {}, color: false })
const GIB = 2 ** 30

/** A Debian with everything. */
const FULL: Facts = {
  machine: {
    nodeVersion: 'v24.1.0',
    platform: 'linux',
    architecture: 'x64',
    kernel: '6.1.0-40-amd64',
    isRoot: false,
    disk: { folder: '/home/olga/.local/share/archipel', freeBytes: 120 * GIB },
    clock: { nowMs: Date.UTC(2026, 4, 1, 12), installedMs: Date.UTC(2026, 3, 1) }
  },
  sandbox: {
    wasm: { startMs: 120, runMs: 4 },
    isolation: ['process', 'permission', 'rlimits', 'bubblewrap', 'seccomp', 'cgroup'],
    hasBubblewrap: true,
    hasSetpriv: true,
    bubblewrapTrouble: undefined,
    restrictions: [],
    hasFilter: true,
    groups: { version: 2, controllers: ['memory', 'pids', 'cpu'] }
  }
}

const withSandbox = (over: Partial<Facts['sandbox']>): Facts => ({ ...FULL, sandbox: { ...FULL.sandbox, ...over } })
const withMachine = (over: Partial<Facts['machine']>): Facts => ({ ...FULL, machine: { ...FULL.machine, ...over } })

function told(facts: Facts): string {
  const table: Parameters<typeof renderChecks>[2]['table'] = (columns, rows) =>
    renderTable(columns, rows, { style, width: undefined })
  return `\n${renderChecks(diagnose(facts), isolationLevel(facts.sandbox.isolation), { style, table })}\n`
}

const codes = (facts: Facts) => [false, true].map(strict => exitCodeFor(diagnose(facts), strict))

describe('what the doctor says', () => {
  it('of a machine that has everything', () => {
    expect(told(FULL)).toBe(`
CHECK             STATE    DETAIL
node              works    v24.1.0, 22.12 or newer is needed
kernel            works    linux 6.1.0-40-amd64, x64
user              works    not root
disk              works    120.0 GiB free in /home/olga/.local/share/archipel, 1.0 GiB are kept free
clock             works    2026-05-01T12:00:00Z
control groups    works    version 2: cpu, memory, pids
layer process     works    a process for each tenant, which ends with the node
layer permission  works    no files, processes, threads or add-ons for what Node runs
layer rlimits     works    no files written, few open, no core dumps, a large stack
layer setpriv     covered  bubblewrap takes all privileges away itself
layer bubblewrap  works    no network, no files, no processes of the machine
layer seccomp     works    no system calls but those that running a program takes
layer cgroup      works    bounded memory, processes and processor time, whatever happens inside
executor wasm     works    started in 120 ms, ran a program in 4 ms

isolation: hardened
`)
    expect(codes(FULL)).toEqual([0, 0])
  })

  it('of a machine without bubblewrap and without a place for groups', () => {
    const bare = withSandbox({
      isolation: ['process', 'permission', 'rlimits', 'setpriv'],
      hasBubblewrap: false,
      groups: { reason: 'no group can be made: EACCES: permission denied' }
    })
    expect(told(bare)).toBe(`
CHECK             STATE    DETAIL
node              works    v24.1.0, 22.12 or newer is needed
kernel            works    linux 6.1.0-40-amd64, x64
user              works    not root
disk              works    120.0 GiB free in /home/olga/.local/share/archipel, 1.0 GiB are kept free
clock             works    2026-05-01T12:00:00Z
control groups    missing  no group can be made: EACCES: permission denied
layer process     works    a process for each tenant, which ends with the node
layer permission  works    no files, processes, threads or add-ons for what Node runs
layer rlimits     works    no files written, few open, no core dumps, a large stack
layer setpriv     works    no privileges, nobody’s identity where root starts it
layer bubblewrap  missing  not installed
layer seccomp     missing  only bubblewrap can load the filter: Node has no call for it
layer cgroup      missing  this process may make no groups
executor wasm     works    started in 120 ms, ran a program in 4 ms

isolation: basic

to do
  layer bubblewrap: apt-get install bubblewrap, or the package of that name of another system
  layer seccomp: apt-get install bubblewrap, or the package of that name of another system
  layer cgroup: start it as a service with Delegate=yes, or: systemd-run --user --scope -p Delegate=yes archipel node start
`)
    expect(codes(bare)).toEqual([0, 14])
  })

  it('of a system that restricts user namespaces', () => {
    const restricted = withSandbox({
      isolation: ['process', 'permission', 'rlimits', 'setpriv', 'cgroup'],
      bubblewrapTrouble: 'bwrap: setting up uid map: Permission denied',
      restrictions: ['kernel.apparmor_restrict_unprivileged_userns=1']
    })
    expect(told(restricted)).toContain(
      'layer bubblewrap  missing  user namespaces are restricted by kernel.apparmor_restrict_unprivileged_userns=1\n'
    )
    expect(told(restricted)).toContain(
      'layer bubblewrap: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or give bwrap a profile that may make them\n'
    )
  })

  it('of a bubblewrap that fails for another reason', () => {
    const failing = withSandbox({ isolation: ['process', 'permission'], bubblewrapTrouble: 'bwrap: no space' })
    expect(told(failing)).toContain('layer bubblewrap  missing  it says: bwrap: no space\n')
  })

  it('of an architecture that has no filter, and of another system', () => {
    const isolation = FULL.sandbox.isolation.filter(layer => layer !== 'seccomp')
    const riscv = {
      ...withSandbox({ isolation, hasFilter: false }),
      machine: { ...FULL.machine, architecture: 'riscv64' }
    }
    expect(told(riscv)).toContain('layer seccomp     missing  no filter was reviewed for riscv64\n')
    expect(told(riscv)).toContain('isolation: contained\n')
    const mac = {
      ...withSandbox({ isolation: ['process', 'permission'] }),
      machine: { ...FULL.machine, platform: 'darwin' }
    }
    expect(told(mac)).toContain('layer cgroup      missing  there is none for this system\n')
  })

  it('of root', () => {
    expect(told(withMachine({ isRoot: true }))).toContain('user              weak     root:')
    expect(codes(withMachine({ isRoot: true }))).toEqual([0, 14])
  })
})

describe('trouble', () => {
  it.each([
    ['a Node that is too old', withMachine({ nodeVersion: 'v22.11.0' }), 'node              trouble'],
    ['a full disk', withMachine({ disk: { folder: '/', freeBytes: GIB - 1 } }), 'disk              trouble'],
    [
      'a clock before the program was installed',
      withMachine({ clock: { nowMs: 0, installedMs: 1 } }),
      'clock             trouble  1970-01-01T00:00:00Z, which is before'
    ],
    [
      'no way to run programs',
      withSandbox({ wasm: { failure: 'no process to run programs in can be started' }, isolation: [] }),
      'executor wasm     trouble  no process'
    ]
  ])('is %s, whatever else works', (_, facts, line) => {
    expect(told(facts)).toContain(line)
    expect(codes(facts)).toEqual([14, 14])
  })
})

describe('what is promised of several back ends', () => {
  const wasm = { isolation: ['process', 'bubblewrap', 'seccomp', 'cgroup'] }
  it.each([
    [[wasm], 'hardened'],
    [[wasm, { isolation: ['container', 'runc'] }], 'contained'],
    [[{ isolation: ['container', 'runsc'] }, { isolation: ['process'] }], 'basic'],
    [[], 'basic']
  ])('of %j is %s, the weakest', (backEnds, level) => expect(weakestLevel(backEnds)).toBe(level))
})

describe('the level of isolation', () => {
  it.each([
    [['process', 'permission'], 'basic'],
    [['process', 'permission', 'rlimits', 'setpriv', 'cgroup'], 'basic'],
    [['process', 'permission', 'bubblewrap'], 'contained'],
    [['process', 'permission', 'bubblewrap', 'seccomp'], 'contained'],
    [['process', 'permission', 'bubblewrap', 'cgroup'], 'contained'],
    [['process', 'permission', 'rlimits', 'bubblewrap', 'seccomp', 'cgroup'], 'hardened'],
    [['container', 'runc', 'no-network', 'seccomp'], 'contained'],
    [['container', 'runsc', 'no-network', 'seccomp'], 'hardened']
  ])('of %j is %s', (layers, level) => {
    expect(isolationLevel(layers)).toBe(level)
  })
})

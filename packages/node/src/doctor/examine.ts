import { execFile } from 'node:child_process'
import { readFile, stat, statfs } from 'node:fs/promises'
import { release } from 'node:os'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { createWasmExecutor, type ExecutionJob } from '../executor/index.ts'
import { LAYERS, type Layer } from '../executor/wasm/sandbox/candidates.ts'
import { openGroups } from '../executor/wasm/sandbox/cgroup/groups.ts'
import { findCommand } from '../executor/wasm/sandbox/find-command.ts'
import { seccompFilter } from '../executor/wasm/sandbox/seccomp/filter.ts'
import type { Facts, MachineFacts, SandboxFacts } from './facts.ts'

const COMMAND_TIMEOUT_MS = 10_000

export interface ExamineInit {
  /** Where the node's books are, or will be. */
  dataDir: string
  signal: AbortSignal
}

/** Looks at this machine, and runs a program on it for real. Changes nothing that stays. */
export async function examine({ dataDir, signal }: ExamineInit): Promise<Facts> {
  const [machine, sandbox] = await Promise.all([examineMachine(dataDir), examineSandbox(signal)])
  return { machine, sandbox }
}

async function examineMachine(dataDir: string): Promise<MachineFacts> {
  const folder = await existingFolder(dataDir)
  const [{ bavail, bsize }, installed] = await Promise.all([
    statfs(folder),
    stat(new URL('../../package.json', import.meta.url))
  ])
  return {
    nodeVersion: process.version,
    platform: process.platform,
    architecture: process.arch,
    kernel: release(),
    isRoot: process.getuid?.() === 0,
    disk: { folder, freeBytes: bavail * bsize },
    clock: { nowMs: Date.now(), installedMs: installed.mtimeMs }
  }
}

async function examineSandbox(signal: AbortSignal): Promise<SandboxFacts> {
  const [bwrap, setpriv] = await Promise.all(['bwrap', 'setpriv'].map(name => findCommand(name)))
  return {
    ...(await tryPrograms(signal)),
    hasBubblewrap: bwrap !== undefined,
    hasSetpriv: setpriv !== undefined,
    bubblewrapTrouble: bwrap && (await tryBubblewrap(bwrap, signal)),
    restrictions: await findRestrictions(),
    hasFilter: seccompFilter(process.arch) !== undefined,
    groups: await tryGroups()
  }
}

async function tryPrograms(signal: AbortSignal): Promise<Pick<SandboxFacts, 'wasm' | 'isolation'>> {
  const executor = createWasmExecutor({ spares: 0 })
  try {
    const startedMs = performance.now()
    await executor.start()
    const readyMs = performance.now()
    await executor.run(NOOP_JOB, { signal })
    const wasm = { startMs: Math.round(readyMs - startedMs), runMs: Math.round(performance.now() - readyMs) }
    return { wasm, isolation: executor.isolation.filter(isLayer) }
  } catch (err) {
    signal.throwIfAborted()
    const cause = (err as Error).cause
    const failure = [err, cause].filter(one => one instanceof Error).map(one => one.message)
    return { wasm: { failure: failure.join(': ') }, isolation: [] }
  } finally {
    await executor.stop()
  }
}

/** What bubblewrap says when it is to do what every sandbox starts with; undefined where it does it. */
async function tryBubblewrap(bwrap: string, signal: AbortSignal): Promise<string | undefined> {
  const args = ['--unshare-all', '--unshare-user', '--die-with-parent', '--ro-bind', '/', '/', '/bin/true']
  try {
    await promisify(execFile)(bwrap, args, { signal, timeout: COMMAND_TIMEOUT_MS })
    return undefined
  } catch (err) {
    signal.throwIfAborted()
    return (err as { stderr?: string }).stderr?.trim() || (err as Error).message
  }
}

/** Settings under which ordinary users may make no user namespaces, with their values. */
async function findRestrictions(): Promise<string[]> {
  const settings = [
    ['kernel.unprivileged_userns_clone', '0'],
    ['kernel.apparmor_restrict_unprivileged_userns', '1'],
    ['user.max_user_namespaces', '0']
  ] as const
  const found = await Promise.all(
    settings.map(async ([name, forbids]) => {
      const value = await readFile(`/proc/sys/${name.replaceAll('.', '/')}`, 'utf8').catch(() => '')
      return value.trim() === forbids ? [`${name}=${forbids}`] : []
    })
  )
  return found.flat()
}

async function tryGroups(): Promise<SandboxFacts['groups']> {
  const opened = await openGroups()
  if (opened.groups === undefined) return { reason: opened.reason }
  await opened.groups.close()
  return { version: opened.groups.version, controllers: opened.groups.controllers }
}

async function existingFolder(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    const exists = await stat(at).then(
      () => true,
      () => false
    )
    if (exists || at === dirname(at)) return at
  }
}

function isLayer(name: string): name is Layer {
  return (LAYERS as readonly string[]).includes(name)
}

/** `(module (memory (export "memory") 1) (func (export "_start")))`: the smallest program. */
const NOOP = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1, 7, 19, 2, 6, 109, 101, 109, 111, 114, 121,
  2, 0, 6, 95, 115, 116, 97, 114, 116, 0, 0, 10, 4, 1, 2, 0, 11
])
const NOOP_JOB: ExecutionJob = {
  tenant: 'doctor',
  program: { cid: 'noop', load: async () => NOOP },
  args: ['noop'],
  env: [],
  files: [],
  limits: { wallMs: 10_000, memoryBytes: 65_536, diskBytes: 0, outputBytes: 0 }
}

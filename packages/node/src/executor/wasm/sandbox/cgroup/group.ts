import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CPU_PERIOD_US, CPU_QUOTA_US, CPU_WEIGHT, EXIT_TIMEOUT_MS, PROCESS_BYTES_MAX, TASKS_MAX } from '../../limits.ts'
import type { Controller } from './places.ts'
import type { GroupSite } from './site.ts'

/** Who ended a process for memory: the bound of its own group, or the machine that had none left. */
export type OutOfMemory = 'group' | 'machine'

/** The control groups of one runner process. */
export interface RunnerGroup {
  /** A process joins by writing its number to `cgroup.procs` in each of these. */
  readonly folders: readonly string[]
  /** Bounds what its processes may have together from now on. Lowered only where they have much less already. */
  limitMemory(bytes: number): void
  /** Whether one of its processes was ended for memory. */
  outOfMemory(): OutOfMemory | undefined
  /** Resolves once it is gone, or after a few seconds; never rejects. */
  remove(): Promise<void>
}

const RETRY_MS = 20
/** Memory is counted in steps, so a full group may be a little below its bound. */
const NEARLY = 0.95

/** Makes the groups of a runner. Throws what the system answers, with none of them left. */
export function createRunnerGroup(site: GroupSite, path: string): RunnerGroup {
  const { version } = site
  const parts = site.parents.map(parent => ({ ...parent, folder: join(parent.folder, path) }))
  const folderOf = (controller: Controller) => parts.find(part => part.controllers.includes(controller))?.folder
  const memory = MEMORY[version]
  const memoryFolder = folderOf('memory')!
  // As a new group has it: none.
  let bytesMax = Number.POSITIVE_INFINITY

  function limitMemory(bytes: number): void {
    if (bytes === bytesMax) return
    try {
      // The kernel would first take the group's memory and then its processes.
      if (bytes < bytesMax && readCount(memoryFolder, memory.usage) > bytes / 2) return
      memory.limit(memoryFolder, bytes, bytes > bytesMax)
      bytesMax = bytes
    } catch {
      // Gone, or used by more than that meanwhile: the bound before holds.
    }
  }

  const folders = parts.map(part => part.folder)
  try {
    for (const folder of folders) mkdirSync(folder)
    memory.prepare(memoryFolder)
    memory.limit(memoryFolder, PROCESS_BYTES_MAX, false)
    bytesMax = PROCESS_BYTES_MAX
    write(folderOf('pids')!, 'pids.max', TASKS_MAX)
    const cpu = folderOf('cpu')
    if (cpu !== undefined) shareProcessor(version, cpu)
  } catch (err) {
    // Half a group bounds half of what it should: nobody may join it.
    for (const folder of folders) removeNow(folder)
    throw err
  }

  return {
    folders,
    limitMemory,
    outOfMemory: () => memory.outOfMemory(memoryFolder),
    remove: () => removeAll(folders)
  }
}

interface MemoryFiles {
  readonly usage: string
  prepare(folder: string): void
  limit(folder: string, bytes: number, raises: boolean): void
  outOfMemory(folder: string): OutOfMemory | undefined
}

/** No group may swap: a program that does is slower than agreed and slows down everybody. */
const MEMORY: Readonly<Record<1 | 2, MemoryFiles>> = {
  1: {
    usage: 'memory.usage_in_bytes',
    prepare: folder => writeIfThere(folder, 'memory.swappiness', 0),
    limit: (folder, bytes, raises) => {
      const files = ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes']
      // Memory and swap together may never be bounded lower than memory alone.
      if (raises && readText(folder, files[1]!) !== undefined) files.reverse()
      for (const file of files) writeIfThere(folder, file, bytes)
    },
    outOfMemory: folder => {
      if (fieldOf(readText(folder, 'memory.oom_control'), 'oom_kill') === 0) return undefined
      // Not the count of failures, which recent kernels leave at 0.
      const peak = readCount(folder, 'memory.max_usage_in_bytes')
      return peak >= NEARLY * readCount(folder, 'memory.limit_in_bytes') ? 'group' : 'machine'
    }
  },
  2: {
    usage: 'memory.current',
    prepare: folder => {
      writeIfThere(folder, 'memory.swap.max', 0)
      writeIfThere(folder, 'memory.oom.group', 1)
    },
    limit: (folder, bytes) => write(folder, 'memory.max', bytes),
    outOfMemory: folder => {
      const events = readText(folder, 'memory.events')
      if (fieldOf(events, 'oom_kill') === 0) return undefined
      return fieldOf(events, 'oom') > 0 ? 'group' : 'machine'
    }
  }
}

/**
 * Groups are weighed against each other and against the node itself, and niceness counts only inside of one: the weight is
 * that of the niceness that runners have anyway.
 */
function shareProcessor(version: 1 | 2, folder: string): void {
  if (version === 2) {
    write(folder, 'cpu.weight', CPU_WEIGHT)
    writeIfThere(folder, 'cpu.max', `${CPU_QUOTA_US} ${CPU_PERIOD_US}`)
    return
  }
  // 1024 is to version 1 what 100 is to version 2.
  write(folder, 'cpu.shares', Math.round(CPU_WEIGHT * 10.24))
  writeIfThere(folder, 'cpu.cfs_period_us', CPU_PERIOD_US)
  writeIfThere(folder, 'cpu.cfs_quota_us', CPU_QUOTA_US)
}

/** A group can be removed once the last of its processes is gone, which takes a moment after they were killed. */
async function removeAll(folders: readonly string[]): Promise<void> {
  const deadlineMs = performance.now() + EXIT_TIMEOUT_MS
  await Promise.all(
    folders.map(async folder => {
      while (!(await removeOne(folder)) && performance.now() < deadlineMs) await delay(RETRY_MS)
    })
  )
}

function removeNow(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // It was not there yet.
  }
}

/** False where it is still in use. */
export async function removeOne(folder: string): Promise<boolean> {
  try {
    await rmdir(folder)
    return true
  } catch (err) {
    return (err as NodeJS.ErrnoException).code !== 'EBUSY'
  }
}

function write(folder: string, file: string, value: string | number): void {
  writeFileSync(join(folder, file), String(value))
}

/** Some kernels are built without; what it bounds is then bounded by what remains. */
function writeIfThere(folder: string, file: string, value: string | number): void {
  try {
    write(folder, file, value)
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ENOENT' && (err as NodeJS.ErrnoException).code !== 'EACCES') throw err
  }
}

function readText(folder: string, file: string): string | undefined {
  try {
    return readFileSync(join(folder, file), 'utf8')
  } catch {
    return undefined
  }
}

function readCount(folder: string, file: string): number {
  return Number(readText(folder, file) ?? 0)
}

/** Of `name number` lines; 0 where there is none. */
function fieldOf(text: string | undefined, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text ?? '')?.[1] ?? 0)
}

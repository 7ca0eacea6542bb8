import { readFileSync } from 'node:fs'

/** Linux counts processor time in hundredths of a second, whatever the machine. */
const TICK_MS = 10
/** Most processes below one that are looked at: a runner is at most a handful. */
const PROCESSES_MAX = 16
/** A look costs a fraction of a millisecond; no more often than this. */
const LOOK_MS_MIN = 20

/** Processor time of a process and those below it, in milliseconds; undefined where the system does not tell. */
export function readCpuMs(pid: number): number | undefined {
  try {
    return familyOf(pid).reduce((sum, one) => sum + ownCpuMs(one), 0)
  } catch {
    return undefined
  }
}

export interface CpuWatchInit {
  cpuMsMax: number
  /** See {@link readCpuMs}. */
  read: () => number | undefined
  onExceeded: () => void
}

/**
 * Tells once when more processor time than `cpuMsMax` was used since now; the returned function ends that. One thread uses
 * no more of it than time passes, so nobody looks before that much time has passed, and where nobody can, time stands for it.
 */
export function watchCpuTime({ cpuMsMax, read, onExceeded }: CpuWatchInit): () => void {
  const startedMs = performance.now()
  const before = read()
  const used = () => {
    const now = before === undefined ? undefined : read()
    return now === undefined ? performance.now() - startedMs : now - before!
  }
  let timer: NodeJS.Timeout
  const lookAfter = (ms: number) => {
    timer = setTimeout(look, Math.max(LOOK_MS_MIN, ms))
  }
  const look = () => {
    const leftMs = cpuMsMax - used()
    if (leftMs < 0) onExceeded()
    else lookAfter(leftMs)
  }
  lookAfter(cpuMsMax)
  return () => clearTimeout(timer)
}

function familyOf(pid: number): number[] {
  const family = [pid]
  for (const member of family) {
    if (family.length > PROCESSES_MAX) break
    const children = readFileSync(`/proc/${member}/task/${member}/children`, 'latin1')
    family.push(...children.split(' ').filter(Boolean).map(Number))
  }
  return family
}

function ownCpuMs(pid: number): number {
  // The name in parentheses may hold anything; what follows it is numbers.
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ')
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])]
  return (userTicks + systemTicks) * TICK_MS
}

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { until } from './jobs.ts'

/** Files of /proc about a process; undefined once it is gone. */
function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    return undefined
  }
}

/** Gone, or dead and not yet collected by its parent. */
export function isGone(pid: number): boolean {
  const stat = read(pid, 'stat')
  return stat === undefined || /\) [ZX] /.test(stat)
}

/** The processes that `pid` started, and theirs. */
export function descendants(pid: number): number[] {
  const parents = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(name => [Number(name), Number(/\) \S (\d+)/.exec(read(Number(name), 'stat') ?? '')?.[1])] as const)
  const children = parents.filter(([, parent]) => parent === pid).map(([child]) => child)
  return [...children, ...children.flatMap(descendants)]
}

/** Processes of these process groups: also those whose parent is gone. */
export function inGroups(groups: ReadonlySet<number>): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => groups.has(Number(/\) \S \d+ (\d+)/.exec(read(pid, 'stat') ?? '')?.[1])))
}

/** A process and everything below it. */
export const family = (pid: number) => [pid, ...descendants(pid)]

export const environmentOf = (pid: number) => read(pid, 'environ') ?? ''

/** What a process has open; nothing once it is gone. */
export function filesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap(fd => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)]
      } catch {
        return []
      }
    })
  } catch {
    return []
  }
}

/** Waits until none of the processes is left. */
export const allGone = (pids: number[]) => until(`end of ${pids}`, () => pids.every(isGone))

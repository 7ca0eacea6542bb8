import { randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'

const NAME = /^archipel-(\d+)-(\d+)-(\d+)-[0-9a-f]+$/

/** A new name for the group of an executor in this process, which tells whoever finds it whether its maker still lives. */
export function groupName(): string {
  return ['archipel', pidNamespace(), process.pid, startedAt(process.pid), randomBytes(4).toString('hex')].join('-')
}

/**
 * Whether a group is left over from a process that is gone. Never true of one whose maker may live where this process
 * cannot see it.
 */
export function isLeftOver(name: string): boolean {
  const [, namespace, pid, started] = NAME.exec(name) ?? []
  if (namespace === undefined || namespace !== pidNamespace()) return false
  return startedAt(Number(pid)) !== started
}

function pidNamespace(): string {
  return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
}

/** In clock ticks since the machine started, which no later process of the same number shares; undefined when it is gone. */
function startedAt(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19]
  } catch {
    return undefined
  }
}

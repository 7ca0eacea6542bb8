import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Controller, GroupPlace, GroupPlaces } from './places.ts'

/** Folders in which this process may make groups that bound something. */
export interface GroupSite {
  readonly version: 1 | 2
  readonly parents: readonly { readonly folder: string; readonly controllers: readonly Controller[] }[]
}

/** The group that this process moves to where it would stand in the way of groups beside it. */
const OWN_GROUP = 'archipel-node'

/**
 * Throws what the system answers where this process may make no groups.
 *
 * Version 2 gives controllers only to groups of a parent that holds no process itself. A node that has its group for itself
 * therefore moves into one below it. Where it shares the group with strangers, only root has another place: the top.
 */
export function prepareSite({ version, places }: GroupPlaces): GroupSite {
  if (version === 1) {
    for (const { folder } of places) tryOut(folder)
    return { version, parents: places }
  }
  const [place] = places
  try {
    return { version, parents: [prepareUnified(place!)] }
  } catch (err) {
    if (process.getuid?.() !== 0 || place!.folder === place!.top) throw err
    return { version, parents: [prepareUnified({ ...place!, folder: place!.top })] }
  }
}

function prepareUnified(place: GroupPlace): GroupPlace {
  // After an earlier start of this very process it stands in the group below already.
  const folder = basename(place.folder) === OWN_GROUP ? dirname(place.folder) : place.folder
  if (!giveControllers(folder, place.controllers)) {
    moveOwn(folder)
    if (!giveControllers(folder, place.controllers)) {
      throw new Error(`${folder} holds processes of others, and gives its groups no controllers therefore`)
    }
  }
  tryOut(folder)
  return { ...place, folder }
}

/** False where processes in the group forbid it. */
function giveControllers(folder: string, controllers: readonly Controller[]): boolean {
  const file = join(folder, 'cgroup.subtree_control')
  const given = readFileSync(file, 'utf8').split(/\s+/)
  const missing = controllers.filter(name => !given.includes(name))
  if (missing.length === 0) return true
  try {
    writeFileSync(file, missing.map(name => `+${name}`).join(' '))
    return true
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'EBUSY') return false
    throw err
  }
}

/** Moves this process and its children, and nobody else's, one group down. */
function moveOwn(folder: string): void {
  const pids = readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number)
  if (!pids.every(isOwn)) return
  const target = join(folder, OWN_GROUP)
  mkdirSync(target, { recursive: true })
  for (const pid of pids) writeFileSync(join(target, 'cgroup.procs'), String(pid))
}

function isOwn(pid: number): boolean {
  for (let at = pid; at > 1; ) {
    if (at === process.pid) return true
    at = Number(readFileSync(`/proc/${at}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1])
  }
  return false
}

/** Being root, or owner of the folder, does not mean that it is not read-only. */
function tryOut(folder: string): void {
  const target = join(folder, `archipel-probe-${process.pid}`)
  mkdirSync(target)
  // Version 1 fills a group with files, which go with it.
  readdirSync(target)
  rmdirSync(target)
}

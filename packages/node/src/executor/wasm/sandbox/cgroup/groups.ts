import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { EXIT_TIMEOUT_MS } from '../../limits.ts'
import { createRunnerGroup, type RunnerGroup, removeOne } from './group.ts'
import { groupName, isLeftOver } from './owner.ts'
import { type Controller, findGroupPlaces } from './places.ts'
import { type GroupSite, prepareSite } from './site.ts'

/** The control groups of one executor. */
export interface Groups {
  readonly version: 1 | 2
  readonly controllers: readonly Controller[]
  /** A new group for one process. */
  create(): RunnerGroup
  /** Removes all of them; resolves within a few seconds. */
  close(): Promise<void>
}

const RETRY_MS = 20

export type OpenedGroups = { readonly groups: Groups } | { readonly groups: undefined; readonly reason: string }

/** Makes this executor's groups, or says why this process may make none; removes what killed nodes left behind. */
export async function openGroups(): Promise<OpenedGroups> {
  const places = await findGroupPlaces()
  if (places === undefined) {
    return { groups: undefined, reason: 'this system has no control groups that bound memory and processes' }
  }
  try {
    const site = prepareSite(places)
    await removeLeftOvers(site)
    return { groups: await createGroups(site) }
  } catch (err) {
    return { groups: undefined, reason: `no group can be made: ${(err as Error).message}` }
  }
}

/** Throws what the system answers; a first group shows that all of its bounds can be set. */
async function createGroups(site: GroupSite): Promise<Groups> {
  const name = groupName()
  const folders = site.parents.map(parent => join(parent.folder, name))
  const removals = new Set<Promise<void>>()
  let count = 0

  const nextPath = () => join(name, `runner-${++count}`)
  const close = async () => {
    await Promise.all(removals)
    await Promise.all(folders.map(removeTree))
  }
  const remove = (group: RunnerGroup) => {
    const removal = group.remove().finally(() => removals.delete(removal))
    removals.add(removal)
    return removal
  }

  try {
    for (const folder of folders) mkdirSync(folder)
    if (site.version === 2) giveOn(site, folders[0]!)
    await createRunnerGroup(site, nextPath()).remove()
  } catch (err) {
    await close()
    throw err
  }
  return {
    version: site.version,
    controllers: site.parents.flatMap(parent => parent.controllers),
    create: () => {
      const path = nextPath()
      try {
        const group = createRunnerGroup(site, path)
        return { ...group, remove: () => remove(group) }
      } catch {
        return missingGroup(folders.map(folder => join(folder, '..', path)))
      }
    },
    close
  }
}

/** Stands for a group that could not be made: the process that shall join it ends instead of running, and says so. */
function missingGroup(folders: readonly string[]): RunnerGroup {
  return { folders, limitMemory: () => {}, outOfMemory: () => undefined, remove: async () => {} }
}

/** In version 2 a group passes on only the controllers that it is told to. */
function giveOn({ parents }: GroupSite, folder: string): void {
  const controllers = parents.flatMap(parent => parent.controllers)
  writeFileSync(join(folder, 'cgroup.subtree_control'), controllers.map(name => `+${name}`).join(' '))
}

async function removeLeftOvers({ parents }: GroupSite): Promise<void> {
  const found = parents.flatMap(({ folder }) =>
    readdirSync(folder)
      .filter(isLeftOver)
      .map(name => join(folder, name))
  )
  await Promise.all(found.map(removeTree))
}

/** With the groups below it. What still runs in them has lost the node that it ran for. */
async function removeTree(folder: string): Promise<void> {
  const below = () => readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory())
  const deadlineMs = performance.now() + EXIT_TIMEOUT_MS
  try {
    for (;;) {
      for (const { name } of below()) {
        killAll(join(folder, name))
        await removeOne(join(folder, name))
      }
      if ((await removeOne(folder)) || performance.now() > deadlineMs) return
      await delay(RETRY_MS)
    }
  } catch {
    // Somebody else removed it.
  }
}

function killAll(folder: string): void {
  for (const pid of readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').map(Number)) {
    // 0 stands for processes that this one cannot see.
    if (pid === 0 || pid === process.pid) continue
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // Gone meanwhile.
    }
  }
}

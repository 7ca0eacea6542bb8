import { mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fail } from './fail.mjs'

/** An install on a slow line takes minutes; longer than this means a stuck one. */
const WAIT_MS_MAX = 15 * 60_000
const POLL_MS = 100

/**
 * Runs `work` while no other process that uses the same lock file does. The file holds the owner's process id, so a
 * lock left behind by a killed owner is taken over.
 */
export async function withLock(file, work) {
  mkdirSync(dirname(file), { recursive: true })
  const deadlineMs = Date.now() + WAIT_MS_MAX
  let isTold = false
  while (!tryCreate(file)) {
    const owner = readOwner(file)
    if (owner !== undefined && !isAlive(owner)) removeIfOwnedBy(file, owner)
    else if (Date.now() > deadlineMs) {
      fail('E_LOCKED', `process ${owner} has been installing for too long`, `end it, or delete ${file}`)
    } else {
      if (!isTold) console.error('archipel: waiting for another process that installs')
      isTold = true
      await wait(POLL_MS)
    }
  }
  const release = () => removeIfOwnedBy(file, process.pid)
  process.once('exit', release)
  try {
    return await work()
  } finally {
    process.removeListener('exit', release)
    release()
  }
}

function tryCreate(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (err) {
    if (err.code === 'EEXIST') return false
    throw err
  }
}

/** The owner's process id; undefined while the owner is between creating the file and writing it, or just gone. */
function readOwner(file) {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined
  } catch {
    return undefined
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (err) {
    return err.code === 'EPERM'
  }
}

function removeIfOwnedBy(file, pid) {
  if (readOwner(file) !== pid) return
  try {
    unlinkSync(file)
  } catch (err) {
    if (err.code !== 'ENOENT') throw err
  }
}

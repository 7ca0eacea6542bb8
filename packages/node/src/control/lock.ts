import { createHash, randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CodedError } from '@archipel/protocol'
import { isAlive, isProcessIdentity, ownIdentity, type ProcessIdentity } from './process-identity.ts'

/** A folder that belongs to this process until it is released. */
export interface Lock {
  /** Safe to call twice. Ending without it is fine: the next taker sees that we are gone. */
  release(): Promise<void>
}

/** Each level is one process that died while it took over from a dead one: more than a few means something else. */
const TAKEOVER_DEPTH_MAX = 8

/**
 * Takes the lock `file`, which names its holder by pid, boot and start time. A dead holder's lock is taken over without
 * a word: nobody has to delete a file after a power cut. Of several that try at once, exactly one gets it.
 *
 * @param what says what is locked, e.g. `the node in /folder`
 * @throws CodedError E_LOCKED while a live process holds it
 */
export async function acquireLock(file: string, what: string): Promise<Lock> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  // The nonce makes two locks of one process differ, so that each release removes its own alone.
  const content = JSON.stringify({ ...ownIdentity(), nonce: randomBytes(8).toString('hex') })
  await claim(file, content, what, 0)
  return {
    async release() {
      if ((await read(file)) === content) await unlink(file).catch(() => {})
    }
  }
}

/** The live process that holds a lock. */
export async function lockHolder(file: string): Promise<ProcessIdentity | undefined> {
  const holder = identityIn(await read(file))
  return holder !== undefined && isAlive(holder) ? holder : undefined
}

/**
 * Linking is atomic and fails when the name is taken, so a free lock goes to one taker. A stale one may be replaced only
 * by the owner of a second lock, whose name is made of the stale content: it can be won once for that content, and its
 * winner looks again before it replaces anything.
 */
async function claim(file: string, content: string, what: string, depth: number): Promise<void> {
  for (;;) {
    if (await create(file, content)) return
    const stale = await read(file)
    if (stale === undefined) continue
    const holder = identityIn(stale)
    if (holder !== undefined && isAlive(holder)) throw locked(file, what, holder)
    if (depth === TAKEOVER_DEPTH_MAX) throw locked(file, what, holder)
    const turn = turnOf(file, stale)
    await claim(turn, content, what, depth + 1)
    try {
      if ((await read(file)) !== stale) continue
      await replace(file, content)
      return
    } finally {
      await unlink(turn).catch(() => {})
    }
  }
}

/** Name of the lock on replacing a stale one. */
export function turnOf(file: string, stale: string): string {
  return `${file}.${createHash('sha256').update(stale).digest('hex').slice(0, 16)}`
}

async function create(file: string, content: string): Promise<boolean> {
  const draft = await writeDraft(file, content)
  try {
    await link(draft, file)
    return true
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw err
  } finally {
    await unlink(draft).catch(() => {})
  }
}

async function replace(file: string, content: string): Promise<void> {
  await rename(await writeDraft(file, content), file)
}

async function writeDraft(file: string, content: string): Promise<string> {
  const draft = `${file}.draft-${randomBytes(6).toString('hex')}`
  await writeFile(draft, content, { flag: 'wx', mode: 0o600 })
  return draft
}

async function read(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw err
  }
}

/** undefined for text nobody of us wrote, such as a file cut off by a crash: its holder is as good as dead. */
function identityIn(content: string | undefined): ProcessIdentity | undefined {
  try {
    const parsed: unknown = JSON.parse(content ?? '')
    return isProcessIdentity(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

function locked(file: string, what: string, holder: ProcessIdentity | undefined): CodedError {
  return new CodedError('E_LOCKED', `${what} is in use by process ${holder?.pid ?? 'unknown'}`, {
    facts: { file, pid: holder?.pid },
    hint: 'stop that process first, or work in another --data-dir'
  })
}

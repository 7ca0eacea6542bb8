import { createHash, randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'

/** Files by key that outlive the process, each with the digest of its content. The one not used for longest makes room. */
export interface KeptPrograms {
  /** Undefined where there is none, or none whose content is what was put. */
  get(key: string): Promise<Uint8Array | undefined>
  /** What cannot be kept, for want of disk above all, is not. */
  put(key: string, bytes: Uint8Array): Promise<void>
}

export interface KeptProgramsInit {
  /** Made where it does not exist. Whoever can write here decides what programs do: nobody but us must. */
  directory: string
  /** Part of the name of every file: files of another version are removed. */
  version: string
  filesMax: number
  bytesMax: number
}

const DIGEST_BYTES = 32
const ENDING = '.metered'

export function createKeptPrograms({ directory, version, filesMax, bytesMax }: KeptProgramsInit): KeptPrograms {
  const ending = `-${version}${ENDING}`
  const pathOf = (key: string) => join(directory, createHash('sha256').update(key).digest('hex') + ending)

  /** Removes what is over the bounds, of other versions, or left behind by a process that died. */
  async function makeRoom(): Promise<void> {
    const names = (await readdir(directory)).filter(name => name.includes(ENDING))
    const files = await Promise.all(
      names.map(async name => {
        const path = join(directory, name)
        const { mtimeMs, size } = await stat(path)
        return { path, size, mtimeMs: name.endsWith(ending) ? mtimeMs : 0 }
      })
    )
    files.sort((a, b) => b.mtimeMs - a.mtimeMs)
    let total = 0
    for (const [i, { path, size, mtimeMs }] of files.entries()) {
      total += size
      if (mtimeMs === 0 || i >= filesMax || (total > bytesMax && i > 0)) await rm(path, { force: true })
    }
  }

  async function write(path: string, bytes: Uint8Array): Promise<void> {
    const temporary = `${path}.${randomBytes(6).toString('hex')}`
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.write(digest(bytes))
      await file.writeFile(bytes)
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  }

  return {
    get: async key => {
      const path = pathOf(key)
      try {
        const content = await readFile(path)
        const bytes = content.subarray(DIGEST_BYTES)
        if (digest(bytes).equals(content.subarray(0, DIGEST_BYTES))) {
          const now = new Date()
          await utimes(path, now, now)
          return bytes
        }
        await rm(path, { force: true })
      } catch {
        // Not there, or gone since.
      }
      return undefined
    },
    put: async (key, bytes) => {
      try {
        await mkdir(directory, { recursive: true, mode: 0o700 })
        await write(pathOf(key), bytes)
        await makeRoom()
      } catch {
        // A full or failing disk: the next job pays for metering again.
      }
    }
  }
}

function digest(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, open, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CodedError } from '@archipel/protocol'

/** Readable by its owner alone. */
const FILE_MODE = 0o600
const FOLDER_MODE = 0o700
const OTHERS = 0o077

/** Makes a folder that others can't enter, with its parents. An existing one is left as it is. */
export async function ensurePrivateFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: FOLDER_MODE })
  // The umask may have taken bits away from the mode asked for, never added any; this is for the folder itself.
  if (made !== undefined) await chmod(folder, FOLDER_MODE)
}

export interface WriteOptions {
  /** Leave an existing file alone and answer false. */
  exclusive?: boolean
  mode?: number
}

/**
 * Writes a file that appears whole or not at all, even through a crash: readers see the old one or the new one.
 *
 * @returns false when `exclusive` and there is a file already
 */
export async function writePrivateFile(
  file: string,
  data: string | Uint8Array,
  { exclusive = false, mode = FILE_MODE }: WriteOptions = {}
): Promise<boolean> {
  await ensurePrivateFolder(dirname(file))
  const draft = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}`)
  const handle = await open(draft, 'wx', mode)
  try {
    await handle.writeFile(data)
    await handle.sync()
  } finally {
    await handle.close()
  }
  try {
    if (!exclusive) {
      await rename(draft, file)
      return true
    }
    await link(draft, file)
  } catch (err) {
    if (exclusive && (err as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw err
  } finally {
    await unlink(draft).catch(() => {})
  }
  return true
}

/**
 * Reads a secret. Only regular files are asked for their mode: a password may come through a pipe.
 *
 * @throws CodedError E_KEY_PERMISSIONS when others may read it, E_FILE_TOO_LARGE
 */
export async function readPrivateFile(file: string, bytesMax: number): Promise<Uint8Array> {
  return readBounded(file, bytesMax, ({ isFile, mode }) => {
    if (!isFile || process.platform === 'win32' || (mode & OTHERS) === 0) return
    throw new CodedError('E_KEY_PERMISSIONS', `${file} may be read by others (mode ${(mode & 0o777).toString(8)})`, {
      facts: { file, mode: (mode & 0o777).toString(8) },
      hint: `chmod 600 '${file}', and make a new key if others could have read this one`
    })
  })
}

/** @throws CodedError E_FILE_TOO_LARGE */
export async function readBounded(
  file: string,
  bytesMax: number,
  check?: (about: { isFile: boolean; mode: number }) => void
): Promise<Uint8Array> {
  const handle = await open(file, 'r')
  try {
    const stat = await handle.stat()
    check?.({ isFile: stat.isFile(), mode: stat.mode })
    // One byte more than allowed tells a file at the bound from one above it, also for pipes, which have no size.
    const buffer = new Uint8Array(bytesMax + 1)
    let length = 0
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null)
      if (bytesRead === 0) break
      length += bytesRead
    }
    if (length > bytesMax) {
      throw new CodedError('E_FILE_TOO_LARGE', `${file} is larger than ${bytesMax} bytes`, {
        facts: { file, bytesMax }
      })
    }
    return buffer.slice(0, length)
  } finally {
    await handle.close()
  }
}

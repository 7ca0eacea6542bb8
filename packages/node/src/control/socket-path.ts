import { closeSync, openSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { CodedError } from '@archipel/protocol'

/** Room for a path in sockaddr_un, without the closing zero: 108 bytes on Linux, 104 on BSD and macOS. */
const PATH_BYTES_MAX = process.platform === 'linux' ? 107 : 103

/**
 * Calls `use` with a path that the system accepts for the socket `file`. Deep folders give paths that are too long; Linux
 * also reaches a folder through an open descriptor of ours, whose name is short.
 *
 * @throws CodedError E_PATH_TOO_LONG elsewhere
 */
export async function withSocketPath<T>(file: string, use: (path: string) => Promise<T>): Promise<T> {
  if (Buffer.byteLength(file) <= PATH_BYTES_MAX) return use(file)
  if (process.platform !== 'linux') {
    throw new CodedError('E_PATH_TOO_LONG', `${file} is too long for a socket`, {
      facts: { file, bytesMax: PATH_BYTES_MAX },
      hint: 'choose a shorter --data-dir'
    })
  }
  const folder = openSync(dirname(file), 'r')
  try {
    return await use(join(`/proc/self/fd/${folder}`, basename(file)))
  } finally {
    closeSync(folder)
  }
}

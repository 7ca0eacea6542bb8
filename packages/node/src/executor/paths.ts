import { NAME_BYTES_MAX, PATH_BYTES_MAX } from './limits.ts'

/** Relative and going down only: somebody will write a file there. */
export function isPlainPath(path: string): boolean {
  if (Buffer.byteLength(path) > PATH_BYTES_MAX || path.includes('\0')) return false
  return path.split('/').every(isPlainName)
}

function isPlainName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && Buffer.byteLength(name) <= NAME_BYTES_MAX
}

import { CodedError } from '@archipel/protocol'

/** Names up to what common file systems hold, paths up to what Linux opens. UTF-8 bytes. */
export const NAME_BYTES_MAX = 255
export const PATH_BYTES_MAX = 4096

/** Folders inside folders. Deeper trees come from loops, not from people. */
export const PATH_DEPTH_MAX = 64

const encoder = new TextEncoder()

/**
 * The names of a relative path like `src/math/Vector3.js`. Throws E_CONTENT_PATH for anything that could lead out of a
 * folder or be read in two ways: absolute paths, empty names, `.`, `..`, backslashes, NUL and other control characters,
 * broken Unicode, names and paths too long or too deep.
 */
export function splitPath(path: string): string[] {
  if (encoder.encode(path).byteLength > PATH_BYTES_MAX) throw badPath(path, 'too long')
  const names = path.split('/')
  if (names.length > PATH_DEPTH_MAX) throw badPath(path, 'too deep')
  for (const name of names) validateName(name, path)
  return names
}

/** Throws E_CONTENT_PATH unless `name` can stand alone as one name in a folder. `path` is for the reader of the error. */
export function validateName(name: string, path: string = name): string {
  const reason = reasonAgainst(name)
  if (reason === undefined) return name
  throw badPath(path, reason)
}

/** Zero-width and direction marks: some file systems leave them out of a name, and nobody sees them. */
const IGNORED = /\p{Default_Ignorable_Code_Point}/gu

/**
 * What file systems that ignore case or normalise Unicode take for the same name. Up and down again: some letters have a
 * capital that they are not the small letter of, such as the long s.
 */
export function foldName(name: string): string {
  return name.replace(IGNORED, '').normalize('NFC').toUpperCase().toLowerCase().normalize('NFC')
}

function reasonAgainst(name: string): string | undefined {
  if (name === '') return 'an empty name, or an absolute path'
  if (name === '.' || name === '..') return 'a name that is a step'
  if (name.includes('/') || name.includes('\\')) return 'a slash or backslash in a name'
  if (hasControlCharacter(name)) return 'a control character in a name'
  if (!name.isWellFormed()) return 'broken Unicode in a name'
  if (encoder.encode(name).byteLength > NAME_BYTES_MAX) return 'a name that is too long'
  return undefined
}

function hasControlCharacter(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i)
    if (code < 0x20 || code === 0x7f) return true
  }
  return false
}

function badPath(path: string, reason: string): CodedError {
  return new CodedError('E_CONTENT_PATH', 'this path is not used for content', {
    facts: { path: path.slice(0, 256), reason },
    hint: 'rename the file, or leave it out'
  })
}

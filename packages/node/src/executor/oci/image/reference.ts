import { createExecutionError } from '../../errors.ts'
import { REFERENCE_BYTES_MAX } from '../limits.ts'

/** An image in a registry, named by its digest: a tag may mean something else tomorrow. */
export interface ImageReference {
  /** As it was written: "registry.example/team/image@sha256:…". */
  name: string
  registry: string
}

/** The registry must be named, so that nobody has to guess it; host names as DNS has them, perhaps with a port. */
const REFERENCE = /^((?:[a-z0-9-]+\.)*[a-z0-9-]+(?::\d{1,5})?)\/[a-z0-9]+(?:[._/-]+[a-z0-9]+)*@sha256:[0-9a-f]{64}$/
const LOOKS_LIKE_TEXT = /^[\x21-\x7e]+\n?$/

/**
 * The reference that a program is, where it is one and not an archive.
 *
 * @throws E_BAD_PROGRAM for one without a registry or a digest
 */
export function parseReference(program: Uint8Array): ImageReference | undefined {
  if (program.length > REFERENCE_BYTES_MAX) return undefined
  const text = Buffer.from(program).toString('latin1')
  if (!LOOKS_LIKE_TEXT.test(text)) return undefined
  const name = text.trim()
  const match = REFERENCE.exec(name)
  if (match !== null && isHost(match[1]!)) return { name, registry: match[1]! }
  throw createExecutionError('E_BAD_PROGRAM', 'the image is not named by registry, repository and digest', {
    facts: { reference: name },
    hint: 'such as registry.example/team/image@sha256:… ; tags are refused, they may change'
  })
}

/** "library" in "library/alpine" is none. */
function isHost(name: string): boolean {
  return name.includes('.') || name.includes(':') || name === 'localhost'
}

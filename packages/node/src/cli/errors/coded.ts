import type { CodedError } from '@archipel/protocol'

/**
 * A coded error made without loading the protocol package, which `archipel --help` must not wait for. Errors are told
 * apart by their shape, never by their class.
 */
export function codedError(
  code: string,
  message: string,
  { hint, facts = {} }: { hint?: string; facts?: Record<string, unknown> } = {}
): CodedError {
  return Object.assign(new Error(message), { name: 'CodedError', code, facts, hint })
}

import { CID_BYTES_MAX } from '../limits.ts'
import { type Hash, toHex } from '../primitives/hex.ts'
import { bytes, type Infer, struct, uint } from '../schema/index.ts'

/**
 * What a program produced, as honest providers must agree on it. stderr is left out: programs print clocks there.
 */
export const resultType = struct('Result', {
  /** Exit code of the program; 134 for a trap. */
  exitCode: uint(32),
  /** CID of what it printed. */
  stdout: bytes(CID_BYTES_MAX),
  /** CID of the directory of files it wrote. */
  output: bytes(CID_BYTES_MAX)
})
export type Result = Infer<typeof resultType>

/** hashStruct(Result): equal results have equal digests on every machine and chain. */
export function resultDigest(result: Result): Hash {
  return toHex(resultType.hashStruct(result))
}

import { LABEL_BYTES_MAX, REASON_BYTES_MAX } from '../limits.ts'
import { type Infer, struct, text } from '../schema/index.ts'
import { clip } from '../schema/utf8.ts'

/** Why something could not be done, as told to the other side. */
export const failureType = struct('Failure', {
  /** A stable code, `E_…`. */
  code: text(LABEL_BYTES_MAX),
  /** Whose fault: `program`, `buyer`, `host`. A host's fault is worth trying elsewhere. */
  fault: text(LABEL_BYTES_MAX),
  message: text(REASON_BYTES_MAX)
})
export type Failure = Infer<typeof failureType>

/** A Failure that can be sent: texts of any length and content are cut to what the wire allows. */
export function createFailure({ code, fault, message }: Failure): Failure {
  return {
    code: clip(code, LABEL_BYTES_MAX),
    fault: clip(fault, LABEL_BYTES_MAX),
    message: clip(message, REASON_BYTES_MAX)
  }
}

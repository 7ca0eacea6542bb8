import { LABEL_BYTES_MAX, REASON_BYTES_MAX } from '../limits.ts'
import { type Infer, struct, text } from '../schema/index.ts'

/** Why something could not be done, as told to the other side. */
export const failureType = struct('Failure', {
  /** A stable code, `E_…`. */
  code: text(LABEL_BYTES_MAX),
  /** Whose fault: `program`, `buyer`, `host`. A host's fault is worth trying elsewhere. */
  fault: text(LABEL_BYTES_MAX),
  message: text(REASON_BYTES_MAX)
})
export type Failure = Infer<typeof failureType>

import { CodedError, isCodedError } from '@archipel/protocol'
import type { AuditCheck } from './report.ts'

/** Collects what was tested. A test that throws a coded error failed, and the error says why. */
export interface Checks {
  readonly done: readonly AuditCheck[]
  readonly ok: boolean
  /** @param test answers with what it saw; throws a coded error when it is not so */
  check(name: string, test: () => string): void
}

export function createChecks(): Checks {
  const done: AuditCheck[] = []
  return {
    done,
    get ok() {
      return done.every(({ ok }) => ok)
    },
    check(name, test) {
      try {
        done.push({ name, ok: true, detail: test() })
      } catch (err) {
        // Anything else is a fault of ours and must not pass for one of the bundle.
        if (!isCodedError(err) || err.code === 'E_ASSERT') throw err
        done.push({ name, ok: false, detail: err.message })
      }
    }
  }
}

/** @throws CodedError E_AUDIT_MISMATCH with the message, unless it is so */
export function expect(condition: boolean, message: string): void {
  if (!condition) throw new CodedError('E_AUDIT_MISMATCH', message)
}

import { CodedError } from '@archipel/protocol'

/**
 * Moments at which a crash test ends the process: around every change of the money path that is stored, and every message
 * or transaction that follows one. `before` is the last moment at which nothing is on disk, `stored` the first at which all
 * of it is, `sent` right after the message that tells about it was handed over.
 */
export const FAILPOINTS = [
  // The provider's side.
  'provider.agreement.before',
  'provider.agreement.stored',
  'provider.tick.before',
  'provider.tick.stored',
  'provider.tick.sent',
  'provider.final.before',
  'provider.final.stored',
  'provider.final.sent',
  'provider.failure.before',
  'provider.failure.stored',
  'provider.failure.sent',
  'provider.payment.before',
  'provider.payment.stored',
  'provider.payment.acknowledged',
  'provider.redeem.before',
  'provider.redeem.mined',
  'provider.redeem.recorded',
  // The buyer's side.
  'buyer.channel.stored',
  'buyer.channel.before-open',
  'buyer.channel.opened',
  'buyer.channel.before-top-up',
  'buyer.channel.topped-up',
  'buyer.channel.recorded',
  'buyer.agreement.before',
  'buyer.agreement.stored',
  'buyer.agreement.sent',
  'buyer.receipt.before',
  'buyer.receipt.stored',
  'buyer.voucher.before',
  'buyer.voucher.stored',
  'buyer.voucher.sent',
  'buyer.voucher.acknowledged',
  'buyer.job.before',
  'buyer.job.stored',
  // Both sides, in court.
  'dispute.record.before',
  'dispute.record.stored',
  'dispute.seed.stored',
  'dispute.step.before',
  'dispute.step.stored',
  'dispute.step.mined',
  'dispute.step.recorded',
  'dispute.end.stored',
  // Both sides.
  'fault.found.before',
  'fault.found.stored',
  'fault.report.before',
  'fault.report.mined',
  'fault.outcome.before',
  'fault.outcome.stored',
  'transaction.sent'
] as const
export type Failpoint = (typeof FAILPOINTS)[number]

/** Names the failpoint: `name`, or `name:3` for the third time that it is reached. */
export const FAILPOINT_VARIABLE = 'ARCHIPEL_FAILPOINT'

/** The little of Node's `process` that is needed; a browser has none, and there every failpoint does nothing. */
interface Host {
  readonly pid: number
  readonly env: Readonly<Record<string, string | undefined>>
  kill(pid: number, signal: 'SIGKILL'): unknown
}

/**
 * @returns what ends the process the nth time that it is called with the name that the variable gives
 * @throws CodedError E_FAILPOINT_UNKNOWN: a test that waits for a crash which cannot come must hear of it
 */
export function createFailpoint(host: Host | undefined): (name: Failpoint) => void {
  const text = host?.env[FAILPOINT_VARIABLE]
  if (host === undefined || text === undefined || text === '') return () => {}
  const [, armed, nth] = /^([a-z.-]+)(?::([1-9]\d{0,8}))?$/.exec(text) ?? []
  if (!FAILPOINTS.some(known => known === armed)) {
    throw new CodedError('E_FAILPOINT_UNKNOWN', `${FAILPOINT_VARIABLE} names no failpoint: ${text}`, {
      facts: { text, known: FAILPOINTS }
    })
  }
  let left = Number(nth ?? 1)
  return name => {
    // No handler and no `finally` runs after this, as with a power cut.
    if (name === armed && --left === 0) host.kill(host.pid, 'SIGKILL')
  }
}

/** Ends this process here if it was started to be ended here; does nothing otherwise. */
export const failpoint: (name: Failpoint) => void = createFailpoint((globalThis as { process?: Host }).process)

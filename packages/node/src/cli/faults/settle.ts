import { type Client, type FaultRecord, stateOf } from '@archipel/client'
import type { AgreementId } from '@archipel/protocol'

/** A report is two blocks' work; whoever waits for a command must not wait for a chain that hangs. */
const REPORT_WAIT_MS = 20_000

/**
 * Faults of the providers of these agreements, after what is to be reported had a moment to be mined. What was not is
 * taken up again by the next command.
 */
export async function settledFaults(
  client: Client,
  agreements: readonly AgreementId[],
  signal: AbortSignal
): Promise<FaultRecord[]> {
  const own = async () =>
    (await client.faults()).filter(
      ({ proof }) => proof.kind === 'receipts' && agreements.includes(proof.first.body.agreement as AgreementId)
    )
  const found = await own()
  if (!found.some(fault => stateOf(fault, client.address) === 'found')) return found
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(REPORT_WAIT_MS)])
  await client.reportFaults({ signal: bounded }).catch(() => {})
  return own()
}

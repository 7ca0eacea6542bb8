import type { UnixSec, Wei } from '@archipel/protocol'
import type { ChannelEvent, ChannelState } from '../chain/index.ts'
import { expect } from './checks.ts'

/**
 * Runs a channel's events through the escrow's rules again, to the unit.
 *
 * @returns the state they lead to
 * @throws CodedError E_AUDIT_MISMATCH when an event is not what the rules make of those before it
 */
export function replayChannel(events: readonly ChannelEvent[]): ChannelState {
  let isOpen = false
  let deposit: Wei = 0n
  let settled: Wei = 0n
  let closeAt: UnixSec = 0
  for (const event of events) {
    switch (event.name) {
      case 'ChannelOpened':
        expect(deposit === 0n, 'it was opened while it held money')
        isOpen = true
        break
      case 'ChannelFunded':
        expect(isOpen && closeAt === 0, 'it was funded before it was opened, or while it was closing')
        deposit += event.amount
        expect(deposit === event.deposit, `${event.amount} came in, and the deposit is ${event.deposit}`)
        break
      case 'Redeemed': {
        // A voucher above the deposit pays what there is.
        const payable = event.cumulative < deposit ? event.cumulative : deposit
        expect(event.paid > 0n && settled + event.paid === payable, `${event.cumulative} promised, ${event.paid} paid`)
        settled = payable
        break
      }
      case 'RedeemedByArbiter': {
        // An award is paid beside the vouchers: it leaves the deposit and counts against none of them.
        const held = deposit - settled
        const payable = event.amount < held ? event.amount : held
        expect(event.paid > 0n && event.paid === payable, `${event.amount} awarded, ${event.paid} paid`)
        deposit -= event.paid
        break
      }
      case 'CloseRequested':
        closeAt = event.closeAt
        break
      case 'ChannelClosed':
        expect(event.refunded === deposit - settled, `${event.refunded} refunded of ${deposit - settled}`)
        deposit = settled
        closeAt = 0
        break
      case 'VoucherSkipped':
      case 'ChannelHeld':
      case 'ChannelReleased':
        break
    }
  }
  expect(isOpen, 'it was never opened since the block where the escrow is said to begin')
  return { deposit, settled, closeAt }
}

import type { AgreementId, ChannelId, ProviderAgreement, UnixSec, Wei } from '@archipel/protocol'

/** Money of a channel that is set aside for one agreement. */
export interface Reservation {
  readonly agreement: AgreementId
  readonly amount: Wei
  /** From here on nothing is kept for it any longer, paid or not. */
  readonly untilSec: UnixSec
}

/** What is promised from each channel. By agreement, so that setting aside or releasing twice is once. */
export interface Reservations {
  take(channel: ChannelId, reservation: Reservation): void
  /** Sets aside another amount for an agreement, if there is anything set aside for it. */
  adjust(channel: ChannelId, reservation: Reservation): void
  release(channel: ChannelId, agreement: AgreementId): void
  /** Set aside from a channel now. */
  total(channel: ChannelId): Wei
}

export function createReservations(nowSec: () => UnixSec): Reservations {
  const channels = new Map<ChannelId, Map<AgreementId, Reservation>>()

  function release(channel: ChannelId, agreement: AgreementId): void {
    const held = channels.get(channel)
    held?.delete(agreement)
    if (held?.size === 0) channels.delete(channel)
  }

  return {
    take(channel, reservation) {
      const held = channels.get(channel) ?? new Map<AgreementId, Reservation>()
      held.set(reservation.agreement, reservation)
      channels.set(channel, held)
    },
    adjust(channel, reservation) {
      const held = channels.get(channel)
      if (held?.has(reservation.agreement)) held.set(reservation.agreement, reservation)
    },
    release,
    total(channel) {
      const now = nowSec()
      let sum = 0n
      for (const { agreement, amount, untilSec } of channels.get(channel)?.values() ?? []) {
        if (untilSec > now) sum += amount
        else release(channel, agreement)
      }
      return sum
    }
  }
}

/**
 * What an agreement needs set aside: what it may come to beyond what is paid of it, which vouchers cover. No result comes
 * after its deadline, and one that is not paid a tick later will hardly ever be: the debt counts against the buyer's
 * credit, but its money must not be blocked for ever.
 */
export function reservationOf({ id, bid, demand, paid }: ProviderAgreement): Reservation {
  const { priceMax } = bid.body
  return {
    agreement: id,
    amount: priceMax > paid ? priceMax - paid : 0n,
    untilSec: demand.body.deadline + bid.body.tickSec
  }
}

import {
  type Address,
  type AgreementId,
  type ChannelId,
  CodedError,
  type Failure,
  type Hash,
  isCodedError,
  type SignedBid,
  type ToBuyer
} from '@archipel/protocol'
import type { BuyerEngine } from '../agreement/engine.ts'
import { createDeferred, type Deferred } from '../net/index.ts'
import type { Channels } from '../payment/channels.ts'
import type { Payer } from '../payment/payer.ts'

/** Sorts what providers say to the part that waits for it. A provider can only speak about its own agreements. */
export interface Inbox {
  receive(provider: Address, message: ToBuyer): void
  /** The stream to a provider was lost: an answer that has not come will not come on it. */
  lost(provider: Address, error: CodedError): void
  /**
   * The provider's answer to a Demand; rejects with its refusal, or when the stream is lost. One wait at a time for each
   * provider and Demand.
   */
  bid(provider: Address, demand: Hash): { answer: Promise<SignedBid>; cancel: () => void }
  /** Calls `listener` with each stage the provider reports for an agreement. */
  progress: Map<AgreementId, (stage: string) => void>
}

export interface InboxInit {
  engine: BuyerEngine
  payer: Payer
  channels: Channels
  /** Asks the provider to send again what we missed. */
  resume: (id: AgreementId) => void
  /** Where a provider's broken promises are told: they harm only itself. */
  onMisbehaviour: (provider: Address, error: unknown) => void
}

export function createInbox({ engine, payer, channels, resume, onMisbehaviour }: InboxInit): Inbox {
  const bids = new Map<string, Deferred<SignedBid>>()
  const progress: Inbox['progress'] = new Map()

  /** The agreement a message is about, if it is with the peer that sent it. */
  function own(provider: Address, id: Hash): AgreementId | undefined {
    const state = engine.get(id as AgreementId)
    return state?.offer.body.provider === provider ? state.id : undefined
  }

  const ownChannel = (provider: Address, id: Hash) => channels.peek(id as ChannelId)?.provider === provider

  async function fail(id: AgreementId, failure: Failure): Promise<void> {
    await engine.apply(id, { type: 'failed', failure })
  }

  async function take(provider: Address, message: ToBuyer): Promise<void> {
    switch (message.type) {
      case 'bid':
        bids.get(`${provider}/${message.value.body.demand}`)?.resolve(message.value)
        return
      case 'refusal': {
        const { regarding, failure } = message.value
        const waiting = bids.get(`${provider}/${regarding}`)
        const agreement = own(provider, regarding)
        if (waiting !== undefined) waiting.reject(refusalOf(failure))
        else if (agreement !== undefined) await fail(agreement, failure)
        else if (ownChannel(provider, regarding)) {
          // The provider missed a payment: everything it has not acknowledged goes again, in one.
          if (failure.code === 'E_PAYMENT_GAP') await payer.fillGap(regarding as ChannelId)
          else payer.refused(regarding as ChannelId, failure)
        }
        return
      }
      case 'progress': {
        const id = own(provider, message.value.agreement)
        if (id !== undefined) progress.get(id)?.(message.value.stage)
        return
      }
      case 'receipt': {
        const id = own(provider, message.value.receipt.body.agreement)
        if (id === undefined) return
        try {
          await engine.deliver(id, message.value)
        } catch (err) {
          if (isCodedError(err) && err.code === 'E_RECEIPT_GAP') return resume(id)
          onMisbehaviour(provider, err)
          if (isCodedError(err)) await fail(id, { code: err.code, fault: 'host', message: err.message })
        }
        return
      }
      case 'failure': {
        const id = own(provider, message.value.agreement)
        if (id !== undefined) await fail(id, message.value.failure)
        return
      }
      case 'acknowledgement':
        if (ownChannel(provider, message.value.channel)) {
          payer.acknowledged(message.value.channel as ChannelId, message.value.size)
        }
        return
    }
  }

  return {
    progress,
    receive(provider, message) {
      take(provider, message).catch(err => onMisbehaviour(provider, err))
    },
    lost(provider, error) {
      for (const [key, { reject }] of bids) if (key.startsWith(`${provider}/`)) reject(error)
    },
    bid(provider, demand) {
      const key = `${provider}/${demand}`
      const deferred = createDeferred<SignedBid>()
      // Whoever asks may still be sending when the answer is a refusal.
      deferred.promise.catch(() => {})
      bids.set(key, deferred)
      return {
        answer: deferred.promise,
        cancel() {
          bids.delete(key)
        }
      }
    }
  }
}

function refusalOf({ code, message, fault }: Failure): CodedError {
  return new CodedError(code, message, { facts: { fault } })
}

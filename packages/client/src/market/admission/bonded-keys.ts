import type { Address, UnixSec } from '@archipel/protocol'
import { createTokenBucket } from '../../net/index.ts'
import {
  BACKER_ASK_WAIT_MS,
  BACKER_BELIEVED_SEC,
  BACKER_FRESH_SEC,
  BACKER_GATHER_MS,
  BACKER_KEYS_WAITING_MAX,
  BACKER_QUESTION_TIMEOUT_MS,
  BACKER_QUESTIONS_BURST,
  BACKER_QUESTIONS_PER_SEC,
  BACKERS_KNOWN_MAX,
  BACKERS_PER_QUESTION_MAX,
  STRANGER_FRESH_SEC,
  STRANGERS_KNOWN_MAX
} from '../limits.ts'

/** Who answers for a key with a bond: an owner, nobody, or the chain cannot be asked now. */
export type Backing = { readonly type: 'owner'; readonly owner: Address } | { readonly type: 'none' | 'unknown' }

/**
 * Whose bond stands behind which key, as the chain said lately. Strangers choose the keys, so what they can make us ask is
 * bounded: keys are gathered into one question for hundreds, questions are counted, and what came of them is remembered
 * for a while, also that there is nothing. What was once seen on chain is believed while the chain cannot be asked, for a
 * day: an owner waits for a month before it can take its bond out.
 */
export interface BondedKeys {
  /** What is known without asking; undefined when it has to be asked. */
  peek(key: Address): Backing | undefined
  /** Asks the chain where need be. Never rejects; takes no longer than {@link BACKER_ASK_WAIT_MS}. */
  ask(key: Address): Promise<Backing>
  /** What was seen on chain, to be kept. */
  facts(): Iterable<readonly [key: Address, fact: BackerFact]>
  /** Takes back what was kept; what is too old by now does not count. */
  restore(key: Address, fact: BackerFact): void
  stop(): void
}

export interface BackerFact {
  readonly owner: Address
  readonly seenAt: UnixSec
}

export interface BondedKeysInit {
  /** One question to the chain: owners in the order of the keys. */
  read: (keys: readonly Address[], options: { signal: AbortSignal }) => Promise<(Address | undefined)[]>
  nowSec: () => UnixSec
  /** Monotonic; for tests. */
  nowMs?: (() => number) | undefined
}

const NONE: Backing = { type: 'none' }
const UNKNOWN: Backing = { type: 'unknown' }

export function createBondedKeys({ read, nowSec, nowMs }: BondedKeysInit): BondedKeys {
  const owners = new Map<Address, BackerFact>()
  const strangers = new Map<Address, UnixSec>()
  const waiting = new Map<Address, { resolve: (backing: Backing) => void; promise: Promise<Backing> }>()
  const questions = createTokenBucket({ capacity: BACKER_QUESTIONS_BURST, perSec: BACKER_QUESTIONS_PER_SEC, nowMs })
  const stopped = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  let isAsking = false

  function note(key: Address, owner: Address | undefined): void {
    owners.delete(key)
    strangers.delete(key)
    if (owner === undefined) {
      strangers.set(key, nowSec())
      if (strangers.size > STRANGERS_KNOWN_MAX) strangers.delete(strangers.keys().next().value as Address)
    } else {
      owners.set(key, { owner, seenAt: nowSec() })
      if (owners.size > BACKERS_KNOWN_MAX) owners.delete(owners.keys().next().value as Address)
    }
  }

  function schedule(delayMs: number): void {
    if (timer !== undefined || isAsking || stopped.signal.aborted || waiting.size === 0) return
    timer = setTimeout(() => {
      timer = undefined
      if (questions.take()) void askSome()
      else schedule(1_000 / BACKER_QUESTIONS_PER_SEC)
    }, delayMs)
  }

  async function askSome(): Promise<void> {
    isAsking = true
    const keys = [...waiting.keys()].slice(0, BACKERS_PER_QUESTION_MAX)
    try {
      const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(BACKER_QUESTION_TIMEOUT_MS)])
      const found = await read(keys, { signal })
      for (const [i, key] of keys.entries()) note(key, found[i])
    } catch {
      // Whoever waits is told that nobody knows; what was known before stays.
    }
    for (const key of keys) {
      waiting.get(key)?.resolve(peek(key) ?? UNKNOWN)
      waiting.delete(key)
    }
    isAsking = false
    schedule(0)
  }

  function peek(key: Address): Backing | undefined {
    const fact = owners.get(key)
    if (fact !== undefined && nowSec() - fact.seenAt < BACKER_BELIEVED_SEC) return { type: 'owner', owner: fact.owner }
    const seenAt = strangers.get(key)
    return seenAt !== undefined && nowSec() - seenAt < STRANGER_FRESH_SEC ? NONE : undefined
  }

  function want(key: Address): Promise<Backing> | undefined {
    const known = waiting.get(key)
    if (known !== undefined) return known.promise
    if (waiting.size >= BACKER_KEYS_WAITING_MAX || stopped.signal.aborted) return undefined
    const { promise, resolve } = Promise.withResolvers<Backing>()
    waiting.set(key, { promise, resolve })
    schedule(BACKER_GATHER_MS)
    return promise
  }

  return {
    peek(key) {
      const known = peek(key)
      const fact = owners.get(key)
      // Asked again meanwhile, and believed until there is an answer.
      if (fact !== undefined && nowSec() - fact.seenAt >= BACKER_FRESH_SEC) void want(key)
      return known
    },
    async ask(key) {
      const known = peek(key)
      if (known !== undefined) return known
      const asked = want(key)
      if (asked === undefined) return UNKNOWN
      const { promise: late, resolve } = Promise.withResolvers<Backing>()
      const timeout = setTimeout(() => resolve(UNKNOWN), BACKER_ASK_WAIT_MS)
      return Promise.race([asked, late]).finally(() => clearTimeout(timeout))
    },
    facts: () => owners,
    restore(key, fact) {
      if (nowSec() - fact.seenAt >= BACKER_BELIEVED_SEC || fact.seenAt > nowSec()) return
      if (owners.size < BACKERS_KNOWN_MAX && !owners.has(key)) owners.set(key, fact)
    },
    stop() {
      stopped.abort()
      clearTimeout(timer)
      for (const { resolve } of waiting.values()) resolve(UNKNOWN)
      waiting.clear()
    }
  }
}

import { CodedError } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import { OUTBOUND_BYTES_MAX, SENDS_WAITING_MAX } from '../../src/net/limits.ts'
import { createMessageStream } from '../../src/net/message-stream.ts'
import { openStreamPair, rejection, TRANSPORTS, until } from './peers.ts'

async function openMessages(transport: (typeof TRANSPORTS)[number] = 'tcp', options = {}) {
  const { near, far, ...peers } = await openStreamPair(transport)
  return { near: createMessageStream(near, options), far: createMessageStream(far, options), ...peers }
}

describe.each(TRANSPORTS)('message stream over %s', transport => {
  it('carries messages both ways in order', async () => {
    const { near, far } = await openMessages(transport)
    const sent = Array.from({ length: 500 }, (_, i) => ({ i, bytes: new Uint8Array(i), text: 'é'.repeat(i % 7) }))
    const echo = (async () => {
      for await (const message of far.receive()) await far.send(message)
      await far.close()
    })()
    const sending = Promise.all(sent.map(message => near.send(message)))
    const got: unknown[] = []
    while (got.length < sent.length) got.push(await near.next())
    await sending
    await near.close()
    expect(await near.next()).toBeUndefined()
    await Promise.all([echo, near.closed, far.closed])
    expect(got).toEqual(sent)
    expect([near.error, far.error]).toEqual([undefined, undefined])
  })

  it('delivers what was sent before a close', async () => {
    const { near, far } = await openMessages(transport, { messageBytesMax: 1 << 20 })
    const large = new Uint8Array(900_000).fill(3)
    near.send('first')
    near.send(large)
    const closing = near.close()
    expect(await far.next()).toBe('first')
    expect(await far.next()).toEqual(large)
    expect(await far.next()).toBeUndefined()
    await far.close()
    await Promise.all([closing, near.closed, far.closed])
  })
})

describe('message stream', () => {
  it('takes a message of exactly the bound and refuses to send one byte more', async () => {
    const { near, far } = await openMessages('tcp', { messageBytesMax: 1_003 })
    // Three bytes of dag-cbor say that 1,000 bytes follow.
    await near.send(new Uint8Array(1_000))
    expect(await far.next()).toEqual(new Uint8Array(1_000))
    expect(await rejection(near.send(new Uint8Array(1_001)))).toMatchObject({ code: 'E_FRAME_TOO_LARGE' })
    await near.send('still open')
    expect(await far.next()).toBe('still open')
  })

  it('makes a sender wait while nobody reads, and refuses the send after the last one that may wait', async () => {
    const { near, far } = await openMessages('tcp', { messageBytesMax: 1 << 20, inboundBytesMax: 1_000 })
    const message = new Uint8Array(256 * 1024)
    let accepted = 0
    const sends: Promise<unknown>[] = []
    const send = (bytes: Uint8Array) => {
      const sending = near.send(bytes)
      sends.push(sending.then(() => accepted++))
      return sending
    }
    // What the window of the peer and our own queue hold goes at once; after that every send waits.
    let settled = true
    while (settled) {
      settled = await Promise.race([send(message).then(() => true), quiet(300).then(() => false)])
      if (accepted > 200) throw new Error('a sender is never made to wait')
    }
    expect(accepted * message.byteLength).toBeGreaterThanOrEqual(OUTBOUND_BYTES_MAX)
    for (let waiting = 1; waiting < SENDS_WAITING_MAX; waiting++) send(new Uint8Array(1))
    expect(await rejection(near.send('one more'))).toMatchObject({ code: 'E_STREAM_QUEUE_FULL' })
    // Everything that was accepted arrives once somebody reads.
    const reading = (async () => {
      let count = 0
      while (count < sends.length) {
        await far.next()
        count++
      }
      return count
    })()
    await Promise.all(sends)
    expect(await reading).toBe(sends.length)
  })

  it('gives up a waiting send when its signal aborts, and sends nothing of it', async () => {
    const { near, far } = await openMessages('tcp', { messageBytesMax: 2 << 20, inboundBytesMax: 1_000 })
    const large = new Uint8Array(2_000_000)
    await near.send(large)
    const controller = new AbortController()
    const stuck: Promise<unknown>[] = []
    for (let i = 0; i < 4; i++) stuck.push(rejection(near.send(large, { signal: controller.signal })))
    controller.abort(new Error('changed my mind'))
    expect((await Promise.all(stuck)).map(err => (err as Error).message)).toEqual(Array(4).fill('changed my mind'))
    const last = near.send('last')
    expect(await far.next()).toEqual(large)
    await last
    expect(await far.next()).toBe('last')
  })

  it('loses no message when the signal of a receive aborts', async () => {
    const { near, far } = await openMessages()
    const reason = await rejection(far.next({ signal: AbortSignal.timeout(20) }))
    expect(reason.name).toBe('TimeoutError')
    await near.send('late')
    expect(await far.next()).toBe('late')
  })

  it('tells both sides when one aborts, and refuses to go on', async () => {
    const { near, far } = await openMessages()
    const receiving = rejection(far.next())
    near.abort(new CodedError('E_TEST', 'enough'))
    expect(await receiving).toMatchObject({ code: 'E_STREAM_RESET' })
    expect(await rejection(near.send('x'))).toMatchObject({ code: 'E_TEST' })
    expect(await rejection(near.next())).toMatchObject({ code: 'E_TEST' })
    expect(await rejection(far.send('x'))).toMatchObject({ code: 'E_STREAM_RESET' })
    await Promise.all([near.closed, far.closed])
    await Promise.all([near.close(), far.close()])
  })

  it('hands over what arrived whole before the connection died, then the reason', async () => {
    const { near, far, client } = await openMessages()
    await near.send('one')
    expect(await far.next()).toBe('one')
    await near.send('two')
    await near.send('three')
    expect(await far.next()).toBe('two')
    for (const connection of client.libp2p.getConnections()) connection.abort(new Error('cable cut'))
    await far.closed.then(() => {})
    expect(await far.next()).toBe('three')
    expect(await rejection(far.next())).toMatchObject({ code: 'E_STREAM_RESET' })
  })

  it('closes an idle stream, but not one that is used', async () => {
    const { near, far } = await openMessages('tcp', { idleTimeoutMs: 400 })
    const startMs = performance.now()
    while (performance.now() - startMs < 900) {
      await near.send('ping')
      expect(await far.next()).toBe('ping')
      await quiet(50)
    }
    expect(await rejection(near.next())).toMatchObject({ code: 'E_STREAM_IDLE' })
  })

  it('answers at least a thousand exchanges a second', async () => {
    const { near, far } = await openMessages()
    ;(async () => {
      for await (const message of far.receive()) far.send(message)
    })().catch(() => {})
    const body = { amount: 5, bytes: new Uint8Array(256) }
    const exchanges = 3_000
    let open = 0
    let done = 0
    const startMs = performance.now()
    const receiving = (async () => {
      while (done < exchanges) {
        await near.next()
        done++
        open--
      }
    })()
    for (let i = 0; i < exchanges; i++) {
      if (open >= 64) await until(() => open < 64, 'an answer')
      open++
      near.send(body)
    }
    await receiving
    expect(exchanges / ((performance.now() - startMs) / 1_000)).toBeGreaterThan(1_000)
  })
})

const quiet = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

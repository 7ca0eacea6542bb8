import { describe, expect, it } from 'vitest'
import { type HandleRequestsOptions, handleRequests, request } from '../../src/net/request.ts'
import { rejection, startPair, TRANSPORTS, until } from './peers.ts'

const PROTOCOL = '/test/ask/1.0.0'

async function startAsking(answer: Parameters<typeof handleRequests>[2], options: Partial<HandleRequestsOptions> = {}) {
  const pair = await startPair()
  const stop = await handleRequests(pair.server, PROTOCOL, answer, {
    requestsPerPeerMax: 4,
    requestsMax: 8,
    ...options
  })
  return {
    ...pair,
    stop,
    ask: (question: unknown, init = {}) => request(pair.client, pair.connection, PROTOCOL, question, init)
  }
}

describe('request', () => {
  it.each(TRANSPORTS)('is answered over %s', async transport => {
    const { client, server, connection } = await startPair(transport)
    await handleRequests(server, PROTOCOL, (question, { peerId }) => ({ question, peer: peerId.toString() }), {
      requestsPerPeerMax: 1,
      requestsMax: 1
    })
    const question = { want: ['a', 1, new Uint8Array(9)] }
    expect(await request(client, connection, PROTOCOL, question)).toEqual({ question, peer: client.peerId.toString() })
  })

  it('gives up a silent peer in time', async () => {
    const { ask } = await startAsking(() => new Promise(() => {}))
    expect(await rejection(ask(null, { timeoutMs: 200 }))).toMatchObject({
      code: 'E_REQUEST_TIMEOUT',
      facts: { timeoutMs: 200 }
    })
  })

  it('tells the handler when its time is over', async () => {
    let aborted = false
    const { ask } = await startAsking(
      (_, { signal }) => {
        signal.addEventListener('abort', () => {
          aborted = true
        })
        return new Promise(() => {})
      },
      { timeoutMs: 200 }
    )
    expect(await rejection(ask(null))).toMatchObject({ code: 'E_REQUEST_UNANSWERED' })
    expect(aborted).toBe(true)
  })

  it('stops for the signal of the caller, with its reason', async () => {
    const { ask } = await startAsking(() => new Promise(() => {}))
    const controller = new AbortController()
    const asking = rejection(ask(null, { signal: controller.signal }))
    const reason = new Error('enough')
    controller.abort(reason)
    expect(await asking).toBe(reason)
  })

  it('is unanswered when the handler throws', async () => {
    const { ask } = await startAsking(() => {
      throw new Error('a secret')
    })
    expect(await rejection(ask(null))).toMatchObject({ code: 'E_REQUEST_UNANSWERED' })
  })

  it('holds questions and answers to their bounds, each its own', async () => {
    const { ask } = await startAsking(question => new Uint8Array(question as number), {
      requestBytesMax: 10,
      responseBytesMax: 5_003
    })
    expect(await ask(5_000)).toEqual(new Uint8Array(5_000))
    expect(await rejection(ask(5_001))).toMatchObject({ code: 'E_REQUEST_UNANSWERED' })
    expect(await rejection(ask(5_000, { responseBytesMax: 5_002 }))).toMatchObject({ code: 'E_FRAME_TOO_LARGE' })
    expect(await rejection(ask(new Uint8Array(20), { requestBytesMax: 15 }))).toMatchObject({
      code: 'E_FRAME_TOO_LARGE'
    })
    expect(await rejection(ask(new Uint8Array(20)))).toMatchObject({ code: 'E_REQUEST_UNANSWERED' })
  })

  it('answers no more at once than it said', async () => {
    const release = Promise.withResolvers<string>()
    let running = 0
    const { ask } = await startAsking(
      () => {
        running++
        return release.promise
      },
      { requestsPerPeerMax: 2 }
    )
    const asked = Array.from({ length: 5 }, () => ask(null).catch(err => err.code))
    await until(() => running === 2, 'two questions to be answered')
    const refused = await Promise.race([...asked.map((each, i) => each.then(answer => [i, answer] as const))])
    expect(refused[1]).toBe('E_REQUEST_UNANSWERED')
    release.resolve('done')
    const answers = await Promise.all(asked)
    expect(answers.filter(answer => answer === 'done')).toHaveLength(2)
    expect(running).toBe(2)
  })

  it('is not served any more after it was stopped', async () => {
    const { ask, stop } = await startAsking(() => 1)
    expect(await ask(null)).toBe(1)
    await stop()
    expect(await rejection(ask(null))).toMatchObject({ code: 'E_PROTOCOL_UNSUPPORTED' })
  })
})

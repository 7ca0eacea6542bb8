import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AuditBundle, BUNDLE_CHARS_MAX, bundleToJson, parseBundle } from '../../src/audit/index.ts'
import { type Market, startMarket } from '../chain/fixture.ts'
import { createScenario, fillScenario } from './scenario.ts'

describe('a bundle as text', () => {
  let market: Market
  let bundle: AuditBundle
  let text: string
  beforeAll(async () => {
    market = await startMarket()
    const scenario = await createScenario(market, 10n ** 9n)
    const [first] = await fillScenario(scenario)
    bundle = await scenario.bundle(first)
    text = JSON.stringify(bundleToJson(bundle))
  })
  afterAll(() => market.anvil.stop())

  const invalidAt = (path: string) =>
    expect.objectContaining({ code: 'E_BUNDLE_INVALID', facts: expect.objectContaining({ path }) })
  /** The text with what `change` makes of its data. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reaches into data of any shape
  const changed = (change: (json: any) => void): string => {
    const json = JSON.parse(text)
    change(json)
    return JSON.stringify(json)
  }

  it('reads back as it was, with or without white space', () => {
    expect(parseBundle(text)).toEqual(bundle)
    expect(parseBundle(JSON.stringify(bundleToJson(bundle), null, 2))).toEqual(bundle)
  })

  it('shows amounts as decimal strings and content as CIDs', () => {
    const json = JSON.parse(text)
    expect(json.schema).toBe('archipel/audit-bundle/1')
    expect(json.demand.body.priceMax).toBe('60000')
    expect(json.result.output).toMatch(/^bafy/)
    expect(json.receipts[0].payment.previous).toBeNull()
  })

  it('keeps bytes that a dishonest provider calls a CID, and gives them one form only', () => {
    const odd = { ...bundle, result: { ...bundle.result!, output: Uint8Array.of(1, 2, 3) } }
    const oddText = JSON.stringify(bundleToJson(odd))
    expect(oddText).toContain('"output":"0x010203"')
    expect(parseBundle(oddText)).toEqual(odd)
    const hex = `0x${Buffer.from(bundle.result!.output).toString('hex')}`
    expect(() => parseBundle(changed(json => (json.result.output = hex)))).toThrow(invalidAt('result.output'))
  })

  // biome-ignore lint/suspicious/noExplicitAny: a test reaches into data of any shape
  it.each<[string, string, (json: any) => void]>([
    ['bundle', 'an unknown key', json => (json.extra = 1)],
    ['bundle', 'a missing key', json => delete json.voucher],
    ['schema', 'another form', json => (json.schema = 'archipel/audit-bundle/2')],
    ['network', 'an unknown key inside', json => (json.network.rpc = 'http://example.invalid')],
    ['network.chainId', 'a chain id as text', json => (json.network.chainId = '1')],
    ['network.deployedAt', 'a negative block', json => (json.network.deployedAt = -1)],
    ['id', 'upper-case hex', json => (json.id = json.id.toUpperCase().replace('0X', '0x'))],
    ['id', 'a short id', json => (json.id = json.id.slice(0, -2))],
    ['bid.body.rate', 'an amount with a leading zero', json => (json.bid.body.rate = '0700')],
    ['bid.body.rate', 'a negative amount', json => (json.bid.body.rate = '-700')],
    ['bid.body.rate', 'an amount as a number', json => (json.bid.body.rate = 700)],
    ['bid.body.rate', 'an amount past 128 bits', json => (json.bid.body.rate = (2n ** 128n).toString())],
    ['bid.signature', 'a short signature', json => (json.bid.signature = '0x00')],
    ['bid', 'a signature missing', json => delete json.bid.signature],
    ['bid.body', 'an unknown field', json => (json.bid.body.extra = 1)],
    ['bid.body.tickSec', 'a fraction', json => (json.bid.body.tickSec = 1.5)],
    [
      'demand.body.workload.program',
      'a CID of version 0',
      json => (json.demand.body.workload.program = 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG')
    ],
    ['demand.body.workload.program', 'no CID at all', json => (json.demand.body.workload.program = 'program.wasm')],
    ['demand.body.workload.args', 'arguments that are no list', json => (json.demand.body.workload.args = 'a b')],
    ['offer.body.domains', 'a struct that is none', json => (json.offer.body.domains = [])],
    ['offer.body.version', 'a text too long', json => (json.offer.body.version = 'x'.repeat(65))],
    ['receipts', 'receipts that are no list', json => (json.receipts = {})],
    ['receipts', 'a receipt too many', json => (json.receipts = Array(4097).fill(json.receipts[0]))],
    ['receipts[1].payment.path', 'a proof too long', json => (json.receipts[1].payment.path = Array(41).fill(json.id))],
    ['receipts[1].payment.index', 'a negative index', json => (json.receipts[1].payment.index = -1)],
    ['receipts[1].payment.previous', 'half a leaf', json => delete json.receipts[1].payment.previous.path],
    ['voucher.size', 'a size past safe integers', json => (json.voucher.size = 2 ** 60)],
    ['result.exitCode', 'an exit code past 32 bits', json => (json.result.exitCode = 2 ** 32)]
  ])('refuses at %s: %s', (path, _, change) => {
    expect(() => parseBundle(changed(change))).toThrow(invalidAt(path))
  })

  it.each<[string, () => string]>([
    ['text that is not JSON', () => text.slice(0, -1)],
    ['a list', () => '[]'],
    ['a key given twice', () => text.replace('"chainId":', '"chainId":1,"chainId":')],
    ['a key given twice under another spelling', () => text.replace('"chainId":', '"\\u0063hainId":1,"chainId":')],
    ['brackets nested without end', () => `{"schema":${'['.repeat(1e6)}${']'.repeat(1e6)}}`],
    ['text past the limit', () => text.padEnd(BUNDLE_CHARS_MAX + 1)]
  ])('refuses %s', (_, make) => {
    expect(() => parseBundle(make())).toThrow(invalidAt('bundle'))
  })

  it('takes text at the limit', () => {
    expect(parseBundle(text.padEnd(BUNDLE_CHARS_MAX))).toEqual(bundle)
  })
})

import {
  agreementType,
  bidType,
  channelKeyType,
  demandType,
  fromHex,
  offerType,
  RECEIPTS_PER_AGREEMENT_MAX,
  receiptType,
  resultType,
  SIGNATURE_BYTES,
  type Signed,
  type Struct,
  toHex,
  voucherType
} from '@archipel/protocol'
import {
  type AuditBundle,
  BUNDLE_SCHEMA,
  type BundleNetwork,
  type BundleReceipt,
  type BundleVoucher,
  type ProvenLeaf,
  type ReceiptPayment
} from './bundle.ts'
import { BUNDLE_CHARS_MAX, PROOF_HASHES_MAX } from './limits.ts'
import {
  amountFromJson,
  hexFromJson,
  invalid,
  isRecord,
  type Json,
  structFromJson,
  structToJson
} from './struct-json.ts'

/** The bundle as JSON data, in the order a reader follows it. */
export function bundleToJson(bundle: AuditBundle): { readonly [key: string]: Json } {
  const { chainId, escrow, token, deployedAt } = bundle.network
  return {
    schema: BUNDLE_SCHEMA,
    id: bundle.id,
    network: { chainId, escrow, token, deployedAt },
    offer: signedToJson(offerType, bundle.offer),
    demand: signedToJson(demandType, bundle.demand),
    bid: signedToJson(bidType, bundle.bid),
    agreement: signedToJson(agreementType, bundle.agreement),
    channel: structToJson(channelKeyType, bundle.channel),
    receipts: bundle.receipts.map(({ receipt, payment }) => ({
      receipt: signedToJson(receiptType, receipt),
      payment: payment === undefined ? null : paymentToJson(payment)
    })),
    voucher:
      bundle.voucher === undefined ? null : { ...signedToJson(voucherType, bundle.voucher), size: bundle.voucher.size },
    result: bundle.result === undefined ? null : structToJson(resultType, bundle.result)
  }
}

/**
 * Reads a bundle somebody else wrote. Nothing of it is true yet: see `verifyBundle`.
 *
 * @throws CodedError E_BUNDLE_INVALID naming the path of what is not as {@link bundleToJson} writes it
 */
export function parseBundle(text: string): AuditBundle {
  if (text.length > BUNDLE_CHARS_MAX) throw invalid('bundle', `at most ${BUNDLE_CHARS_MAX} characters`)
  const json = parseJson(text)
  const bundle = entries(json, '', [
    'schema',
    'id',
    'network',
    'offer',
    'demand',
    'bid',
    'agreement',
    'channel',
    'receipts',
    'voucher',
    'result'
  ])
  if (bundle.schema !== BUNDLE_SCHEMA) throw invalid('schema', BUNDLE_SCHEMA)
  return {
    id: hexFromJson(bundle.id, 32, 'id'),
    network: networkFromJson(bundle.network),
    offer: signedFromJson(offerType, bundle.offer, 'offer'),
    demand: signedFromJson(demandType, bundle.demand, 'demand'),
    bid: signedFromJson(bidType, bundle.bid, 'bid'),
    agreement: signedFromJson(agreementType, bundle.agreement, 'agreement'),
    channel: structFromJson(channelKeyType, bundle.channel, 'channel'),
    receipts: list(bundle.receipts, RECEIPTS_PER_AGREEMENT_MAX, 'receipts', receiptFromJson),
    voucher: bundle.voucher === null ? undefined : voucherFromJson(bundle.voucher),
    result: bundle.result === null ? undefined : structFromJson(resultType, bundle.result, 'result')
  }
}

function parseJson(text: string): unknown {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw invalid('bundle', 'JSON')
  }
  // With a key given twice, readers differ in which of the two they show.
  if (countNames(text) !== countKeys(json)) throw invalid('bundle', 'each key once')
  return json
}

/** Members in a JSON text: in valid JSON, each has the one colon that is outside of strings. */
function countNames(text: string): number {
  let names = 0
  let isString = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '"') isString = !isString
    else if (isString && char === '\\') at++
    else if (!isString && char === ':') names++
  }
  return names
}

function countKeys(json: unknown): number {
  let keys = 0
  const open = [json]
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== 'object' || value === null) continue
    const inner = Object.values(value)
    if (!Array.isArray(value)) keys += inner.length
    for (const item of inner) open.push(item)
  }
  return keys
}

/** The values of exactly these keys. */
function entries<Key extends string>(json: unknown, path: string, keys: readonly Key[]): Record<Key, unknown> {
  if (!isRecord(json) || Object.keys(json).length !== keys.length || !keys.every(key => Object.hasOwn(json, key))) {
    throw invalid(path === '' ? 'bundle' : path, `exactly ${keys.join(', ')}`)
  }
  return json as Record<Key, unknown>
}

function list<T>(json: unknown, itemsMax: number, path: string, read: (item: unknown, path: string) => T): T[] {
  if (!Array.isArray(json) || json.length > itemsMax) throw invalid(path, `a list of at most ${itemsMax}`)
  return json.map((item, i) => read(item, `${path}[${i}]`))
}

function integer(json: unknown, path: string): number {
  if (Number.isSafeInteger(json) && (json as number) >= 0) return json as number
  throw invalid(path, 'a whole number from 0')
}

function networkFromJson(json: unknown): BundleNetwork {
  const { chainId, escrow, token, deployedAt } = entries(json, 'network', ['chainId', 'escrow', 'token', 'deployedAt'])
  return {
    chainId: integer(chainId, 'network.chainId'),
    escrow: hexFromJson(escrow, 20, 'network.escrow'),
    token: hexFromJson(token, 20, 'network.token'),
    deployedAt: integer(deployedAt, 'network.deployedAt')
  }
}

function signedToJson<T>(type: Struct<T>, { body, signature }: Signed<T>): { readonly [key: string]: Json } {
  return { body: structToJson(type, body), signature: toHex(signature) }
}

function signedFromJson<T>(type: Struct<T>, json: unknown, path: string): Signed<T> {
  const { body, signature } = entries(json, path, ['body', 'signature'])
  return {
    body: structFromJson(type, body, `${path}.body`),
    signature: fromHex(hexFromJson(signature, SIGNATURE_BYTES, `${path}.signature`))
  }
}

function voucherFromJson(json: unknown): BundleVoucher {
  const { body, signature, size } = entries(json, 'voucher', ['body', 'signature', 'size'])
  return { ...signedFromJson(voucherType, { body, signature }, 'voucher'), size: integer(size, 'voucher.size') }
}

function receiptFromJson(json: unknown, path: string): BundleReceipt {
  const { receipt, payment } = entries(json, path, ['receipt', 'payment'])
  return {
    receipt: signedFromJson(receiptType, receipt, `${path}.receipt`),
    payment: payment === null ? undefined : paymentFromJson(payment, `${path}.payment`)
  }
}

function paymentToJson({ index, cumulative, path, previous }: ReceiptPayment): Json {
  return {
    index,
    cumulative: cumulative.toString(),
    path,
    previous:
      previous === undefined
        ? null
        : { receipt: previous.receipt, cumulative: previous.cumulative.toString(), path: previous.path }
  }
}

function paymentFromJson(json: unknown, at: string): ReceiptPayment {
  const { index, cumulative, path, previous } = entries(json, at, ['index', 'cumulative', 'path', 'previous'])
  return {
    index: integer(index, `${at}.index`),
    cumulative: amountFromJson(cumulative, `${at}.cumulative`),
    path: pathFromJson(path, `${at}.path`),
    previous: previous === null ? undefined : leafFromJson(previous, `${at}.previous`)
  }
}

function leafFromJson(json: unknown, at: string): ProvenLeaf {
  const { receipt, cumulative, path } = entries(json, at, ['receipt', 'cumulative', 'path'])
  return {
    receipt: hexFromJson(receipt, 32, `${at}.receipt`),
    cumulative: amountFromJson(cumulative, `${at}.cumulative`),
    path: pathFromJson(path, `${at}.path`)
  }
}

function pathFromJson(json: unknown, at: string): `0x${string}`[] {
  return list(json, PROOF_HASHES_MAX, at, (hash, path) => hexFromJson(hash, 32, path))
}

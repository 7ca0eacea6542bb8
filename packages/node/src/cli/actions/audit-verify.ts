import { existsSync } from 'node:fs'
import {
  type AuditBundle,
  type AuditReport,
  BUNDLE_CHARS_MAX,
  createChain,
  parseBundle,
  verifyBundle
} from '@archipel/client'
import { recoverNative } from '@archipel/client/node'
import { CodedError, isHex, sameHex, type Wei } from '@archipel/protocol'
import { readBounded } from '../../config/private-file.ts'
import { formatAmount } from '../../config/units/amount.ts'
import { formatDurationMs } from '../../config/units/duration.ts'
import { formatFuel } from '../../config/units/fuel.ts'
import type { Context } from '../context.ts'
import { codedError } from '../errors/coded.ts'
import { EXIT } from '../errors/exit-codes.ts'
import type { Invocation } from '../host.ts'
import { findJobOrAgreement, withBooks } from '../job-books.ts'
import type { Output } from '../output/output.ts'
import { bundleOf } from './job-receipt.ts'

interface VerifyOptions {
  bundle?: string
  rpcUrl?: string
  escrow?: string
}

/** Checks one agreement against its signatures and the chain. Needs an RPC URL and a bundle, and nothing else. */
export async function verify({ context, options, args }: Invocation<VerifyOptions>): Promise<number> {
  const bundle = await openBundle(context, String(args[0]), options)
  checkEscrow(bundle, options.escrow)
  const chain = createChain({ ...bundle.network, rpcUrls: await rpcUrls(context, options.rpcUrl) })
  const report = await verifyBundle(bundle, { chain, recover: recoverNative, signal: context.signal })
  const symbol = report.chain === undefined ? undefined : await symbolOf(chain, context.signal)
  await context.output.answer({
    json: { ...report },
    names: () => [report.verdict],
    human: output => reportText(report, symbol, output)
  })
  if (report.verdict === 'verified') return EXIT.ok
  const failed = report.checks.filter(({ ok }) => !ok).length
  context.output.warn(`mismatch: ${failed} of ${report.checks.length} checks failed`)
  return EXIT.audit
}

/** A file, or an agreement of this machine's books. */
async function openBundle(context: Context, subject: string, options: VerifyOptions): Promise<AuditBundle> {
  const isId = /^(?:0x)?[0-9a-fA-F]{1,64}$/.test(subject) && !existsSync(subject)
  if (!isId) {
    if (options.bundle === undefined) return readBundle(subject)
    throw codedError('E_USAGE', `${subject} is not an agreement id, and a bundle is named already`)
  }
  if (options.bundle === undefined) {
    return withBooks(context, async books => {
      const found = await findJobOrAgreement(books, subject)
      if ('agreement' in found) return bundleOf(context, books, found.agreement)
      throw codedError('E_USAGE', `${subject} is a job: an audit is about one agreement`, {
        hint: `one of: ${found.job.agreements.join(', ')}`
      })
    })
  }
  const bundle = await readBundle(options.bundle)
  if (bundle.id.startsWith(withPrefix(subject))) return bundle
  throw new CodedError('E_AUDIT_MISMATCH', `the bundle is about agreement ${bundle.id}, not ${subject}`, {
    facts: { asked: subject, actual: bundle.id, file: options.bundle }
  })
}

const withPrefix = (id: string): string => (id.startsWith('0x') ? id : `0x${id}`).toLowerCase()

async function readBundle(file: string): Promise<AuditBundle> {
  const bytes = await readBounded(file, BUNDLE_CHARS_MAX)
  // Bytes that are no text become marks that no bundle holds, so they are found out as any other change is.
  return parseBundle(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes))
}

/** A bundle names its escrow itself; an auditor who knows which one it must be can say so. */
function checkEscrow({ network }: AuditBundle, expected: string | undefined): void {
  if (expected === undefined) return
  if (!isHex(expected, 20)) {
    throw codedError('E_USAGE', `--escrow: ${JSON.stringify(expected)} is not an address: 0x and 40 hex digits`)
  }
  if (sameHex(network.escrow, expected)) return
  throw new CodedError('E_AUDIT_MISMATCH', `the bundle is about the escrow ${network.escrow}, not ${expected}`, {
    facts: { expected, actual: network.escrow }
  })
}

/** From the flag, the configuration, the environment that other tools read too, or the network's descriptor. */
async function rpcUrls(context: Context, flag: string | undefined): Promise<readonly string[]> {
  if (flag !== undefined) {
    if (/^https?:\/\//.test(flag) && URL.canParse(flag)) return [flag]
    throw codedError('E_USAGE', `--rpc-url: ${JSON.stringify(flag)} is not an http or https URL`)
  }
  const { rpcUrls } = await context.settings()
  if (rpcUrls !== undefined) return rpcUrls
  if (context.env.ETH_RPC_URL) return [context.env.ETH_RPC_URL]
  try {
    return (await context.network()).rpcUrls
  } catch (err) {
    if ((err as { code?: string }).code !== 'E_NO_NETWORK') throw err
    throw codedError('E_USAGE', 'there is no chain to ask', { hint: 'name an endpoint with --rpc-url or ETH_RPC_URL' })
  }
}

async function symbolOf(chain: ReturnType<typeof createChain>, signal: AbortSignal): Promise<string> {
  const { symbol, decimals } = await chain.tokenInfo({ signal }).catch(() => ({ symbol: 'units', decimals: 0 }))
  return decimals === 18 ? symbol : 'units'
}

const PAYMENT_WORDS: Readonly<Record<AuditReport['payment'], string>> = {
  'on-chain': 'paid on chain',
  'partly-on-chain': 'partly paid on chain',
  held: 'promised by a voucher that is not redeemed yet',
  uncovered: 'promised by a voucher that the channel does not cover any more',
  unpaid: 'not paid',
  unknown: 'unknown: the chain was not asked'
}

function reportText(
  report: AuditReport,
  symbol: string | undefined,
  { fields, table }: Pick<Output, 'fields' | 'table'>
): string {
  const { agreement, verdict, parties, money, payment, outcome, times, chain, checks } = report
  const amount = (value: Wei) =>
    symbol === undefined || symbol === 'units' ? `${value} units` : `${formatAmount(value)} ${symbol.slice(0, 16)}`
  const burnt = times.fuel === undefined ? '' : `, burnt ${formatFuel(times.fuel)}`
  const about: [string, string][] = [
    ['agreement', agreement],
    ['buyer', parties.buyer],
    ['provider', `${parties.provider} in ${parties.region}`],
    ['operator', parties.payee],
    ['outcome', `${outcome}, ran ${formatDurationMs(times.runMs)}${burnt}`],
    ['due', amount(money.due)],
    ['paid', `${amount(money.paid)}, ${PAYMENT_WORDS[payment]}`]
  ]
  if (chain !== undefined) {
    about.push(
      ['arrived', amount(money.redeemed ?? 0n)],
      ['channel', `${chain.state}, ${amount(chain.deposit)} deposited, ${amount(chain.settled)} paid out`],
      ['escrow', `${chain.escrow}${chain.isReleasedEscrow ? ', the released code' : ''}`],
      ['escrow holds', `${amount(chain.balance)}, owes ${amount(chain.liabilities)}`]
    )
  }
  const rows = table(
    [
      { title: 'check', cell: ({ name }) => name },
      { title: '', cell: ({ ok }) => (ok ? 'ok' : 'FAILED'), style: ({ ok }) => (ok ? 'green' : 'red') },
      { title: 'seen', cell: ({ detail }) => detail, widthMin: 20 }
    ],
    checks
  )
  return `${fields(about)}\n\n${rows}\n\nverdict: ${verdict}`
}

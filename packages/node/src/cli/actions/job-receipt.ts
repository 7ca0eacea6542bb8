import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type AuditBundle, buildBundle, bundleToJson } from '@archipel/client'
import { type AgreementId, CodedError, createSigningDomain } from '@archipel/protocol'
import { writePrivateFile } from '../../config/private-file.ts'
import type { Context } from '../context.ts'
import type { Invocation } from '../host.ts'
import { findJobOrAgreement, type JobBooks, withBooks } from '../job-books.ts'
import { plural } from '../run/words.ts'

interface ReceiptOptions {
  output?: string
}

/** Everything an auditor needs besides the chain: one bundle for each agreement. */
export async function writeReceipts({ context, options, args }: Invocation<ReceiptOptions>): Promise<undefined> {
  const { isJob, bundles } = await withBooks(context, books => bundlesOf(context, books, String(args[0])))
  if (options.output !== undefined) return writeAll(context, bundles, options.output, isJob)
  const [bundle] = bundles
  if (bundle === undefined || bundles.length > 1) {
    throw new CodedError('E_USAGE', `this job has ${plural(bundles.length, 'agreement')}: a bundle is about one`, {
      facts: { agreements: bundles.map(({ id }) => id) },
      hint:
        bundles.length === 0
          ? 'nothing was agreed, so there is nothing to audit'
          : 'name a folder with --output, or one of its agreements'
    })
  }
  // The bundle itself, whatever the format: it is JSON, and its bytes are what is audited.
  context.output.bytes(new TextEncoder().encode(textOf(bundle)))
}

async function bundlesOf(
  context: Context,
  books: JobBooks,
  id: string
): Promise<{ isJob: boolean; bundles: AuditBundle[] }> {
  const found = await findJobOrAgreement(books, id)
  const ids: readonly AgreementId[] = 'job' in found ? found.job.agreements : [found.agreement]
  const bundles = await Promise.all(ids.map(agreement => bundleOf(context, books, agreement)))
  return { isJob: 'job' in found, bundles }
}

export async function bundleOf(context: Context, { records }: JobBooks, agreement: AgreementId): Promise<AuditBundle> {
  const descriptor = await context.network()
  const domain = createSigningDomain(descriptor.chainId, descriptor.escrow)
  return buildBundle({ descriptor, signing: { domain }, records }, agreement)
}

async function writeAll(context: Context, bundles: AuditBundle[], output: string, isJob: boolean): Promise<undefined> {
  const target = resolve(output)
  if (isJob) await mkdir(target, { recursive: true })
  const files = bundles.map(bundle => ({ bundle, file: isJob ? join(target, `${bundle.id}.json`) : target }))
  // Meant to be handed on: readable like any other file.
  for (const { bundle, file } of files) await writePrivateFile(file, textOf(bundle), { mode: 0o644 })
  await context.output.answer({
    json: {
      bundles: files.map(({ bundle, file }) => ({
        agreement: bundle.id,
        provider: bundle.bid.body.provider,
        file,
        receipts: bundle.receipts.length,
        paidReceipts: bundle.receipts.filter(({ payment }) => payment !== undefined).length
      }))
    },
    names: () => files.map(({ file }) => file),
    human: () => files.map(({ file }) => file).join('\n')
  })
  context.output.note('Anybody can check them: archipel audit verify FILE --rpc-url URL')
}

function textOf(bundle: AuditBundle): string {
  return `${JSON.stringify(bundleToJson(bundle), null, 2)}\n`
}

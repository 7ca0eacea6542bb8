import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Archipel } from './archipel.ts'
import { DemoError, expect } from './expect.ts'

/** What `archipel audit verify --json` answers, as far as it is looked at. */
export interface AuditAnswer {
  readonly agreement: string
  readonly verdict: string
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[]
  readonly parties: { readonly provider: string; readonly region: string }
  readonly money: { readonly due: string; readonly paid: string; readonly redeemed: string }
  readonly payment: string
  readonly outcome: string
}

const MISMATCH = 10

/** Hands out the bundles of a job and has a stranger check each: empty home, no network folder, no wallet. */
export async function auditAll(
  archipel: Archipel,
  { job, rpcUrl, folder }: { job: string; rpcUrl: string; folder: string }
): Promise<{ audits: AuditAnswer[]; tampered: string }> {
  const bundles = join(folder, 'bundles')
  await archipel.json(['job', 'receipt', job, '--output', bundles])
  const home = join(folder, 'auditor')
  await mkdir(home)
  const env = { PATH: process.env.PATH, HOME: home }
  const verify = (file: string) => archipel.run(['audit', 'verify', file, '--rpc-url', rpcUrl, '--json'], { env })

  const audits: AuditAnswer[] = []
  for (const name of (await readdir(bundles)).sort()) {
    const { exitCode, stdout, stderr } = await verify(join(bundles, name))
    if (exitCode !== 0) {
      throw new DemoError(`the audit of ${name} ended with exit code ${exitCode}`, failedChecks(stdout) + stderr)
    }
    audits.push(JSON.parse(stdout) as AuditAnswer)
  }
  const paid = audits.find(({ payment }) => payment === 'on-chain')
  expect(paid !== undefined, 'there is a paid agreement to tamper with')
  const changed = join(folder, 'changed.json')
  await writeFile(changed, changeOneByte(await readFile(join(bundles, `${paid.agreement}.json`), 'utf8')))
  const { exitCode, stderr } = await verify(changed)
  expect(exitCode === MISMATCH, `a bundle with one byte changed is found out: exit code ${exitCode}`, stderr)
  return { audits, tampered: paid.agreement }
}

function failedChecks(stdout: string): string {
  if (stdout === '') return ''
  const { checks } = JSON.parse(stdout) as AuditAnswer
  return checks.flatMap(({ name, ok, detail }) => (ok ? [] : [`${name}: ${detail}\n`])).join('')
}

/** One digit of what a receipt asks for. */
function changeOneByte(text: string): string {
  return text.replace(/(?<="amount": "\d*)\d(?=")/, digit => String((Number(digit) + 1) % 10))
}

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBuyerRecords, createStore, type DisputeRecord } from '@archipel/client'
import { type AgreementId, type Hash, ZERO_ADDRESS, ZERO_HASH } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clientFiles, networkFolder } from '../../src/config/folders.ts'
import { createProviderRecords } from '../../src/store/records.ts'
import { networkRoot, writeNetwork } from './fixtures.ts'
import { runCli } from './run-cli.ts'

const WHOLE = 10n ** 18n
const SECRET: Hash = `0x${'5e'.repeat(32)}`
const hash = (digit: string): Hash => `0x${digit.repeat(64)}`

const base: DisputeRecord = {
  id: hash('a'),
  kind: 'claim',
  side: 'plaintiff',
  agreement: hash('1') as AgreementId,
  channel: { payer: ZERO_ADDRESS, payee: ZERO_ADDRESS, token: ZERO_ADDRESS, arbiter: ZERO_ADDRESS, meta: ZERO_HASH },
  counterparty: `0x${'b0'.repeat(20)}`,
  amount: 3n * WHOLE,
  seed: SECRET,
  fromBlock: 7,
  since: 1_900_000_000,
  opening: undefined,
  delivered: undefined,
  steps: [{ action: 'claim', atSec: 1_900_000_000, transaction: hash('7'), feeWei: WHOLE / 1000n, stake: 6n * WHOLE }],
  end: undefined,
  next: { type: 'wait', what: 'contest', untilSec: 1_900_172_800, missing: 0n, phase: 'open' }
}
const others: DisputeRecord[] = [
  {
    ...base,
    id: `0xab${'0'.repeat(62)}`,
    end: { outcome: 'upheld', awarded: WHOLE, credited: 0n, atSec: 1, atBlock: 1 }
  },
  {
    ...base,
    id: hash('c'),
    next: { type: 'wait', what: 'stake', untilSec: 1_900_000_600, missing: 6n * WHOLE, phase: 'opening' }
  }
]
const buyers: DisputeRecord = {
  ...base,
  id: hash('d'),
  side: 'defendant',
  next: { type: 'act', what: 'challenge', untilSec: 1_900_172_800, missing: 0n, phase: 'open' }
}

let home: string
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'archipel-test-'))
  writeNetwork(home, 'http://127.0.0.1:9')
  const folder = networkFolder(networkRoot(home))
  for (const place of [folder.node, folder.buyer]) mkdirSync(place, { recursive: true })
  const node = await createStore({ location: join(folder.node, 'store') })
  const { disputes } = createProviderRecords(node)
  await node.commit([base, ...others].map(record => disputes.put(record.id, record)))
  await node.close()
  const buyer = await createStore({ location: clientFiles(folder).store })
  await buyer.commit([createBuyerRecords(buyer).disputes.put(buyers.id, buyers)])
  await buyer.close()
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

const dispute = (...args: string[]) => runCli(['dispute', ...args], { home })

describe('dispute ls', () => {
  test('lists open cases of both roles, what comes next and until when', async () => {
    const { exitCode, stdout, stderr } = await dispute('ls')
    expect(exitCode).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[0]).toMatch(/^CASE +KIND +ROLE +AGAINST +AMOUNT +PHASE +DEADLINE +FEES +NEXT$/)
    expect(stdout).toMatch(
      /0xaaaaaaaa +claim +provider, plaintiff .* open +2030-03-19T17:46:40Z +0\.001 +the other side can/
    )
    expect(stdout).toMatch(/0xcccccccc .* opening .*tokens for the stake are needed in the wallet until .*: 6 tokens/)
    expect(stdout).toMatch(/0xdddddddd +claim +buyer, defendant .*next: the case is contested/)
    expect(stderr).toMatch(/1 that are over are left out: --all/)
    expect(stderr).toMatch(/archipel dispute act/)
  })

  test('gives programs everything but the secret', async () => {
    const { stdout } = await dispute('ls', '--all', '--json')
    const { cases } = JSON.parse(stdout)
    expect(cases).toHaveLength(4)
    expect(cases.find(({ id }: { id: string }) => id === base.id)).toMatchObject({
      kind: 'claim',
      role: 'provider',
      side: 'plaintiff',
      counterparty: base.counterparty,
      amount: String(3n * WHOLE),
      phase: 'open',
      deadline: 1_900_172_800,
      next: { type: 'wait', what: 'contest', missing: '0' },
      spentWei: String(WHOLE / 1000n),
      steps: [{ action: 'claim', transaction: hash('7'), feeWei: String(WHOLE / 1000n) }]
    })
    expect(stdout).not.toContain(SECRET.slice(2))
  })
})

describe('dispute show', () => {
  test('of a case that is not known, or not known well enough, says so', async () => {
    const unknown = await dispute('show', '0xeeee', '--json')
    expect(unknown.exitCode).toBe(4)
    expect(unknown.stderr).toMatch(/E_NO_SUCH_CASE/)
    const ambiguous = await dispute('show', '0xa', '--json')
    expect(ambiguous.exitCode).toBe(2)
    expect(ambiguous.stderr).toMatch(/E_AMBIGUOUS_ID/)
  })

  test('says so where the network has no court', async () => {
    const { exitCode, stderr } = await dispute('show', '0xaaaaaaaa', '--json')
    expect(exitCode).toBe(4)
    expect(stderr).toMatch(/E_NO_COURT/)
  })
})

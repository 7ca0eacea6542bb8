import { type AuditBundle, type AuditReport, verifyBundle } from '../../src/audit/index.ts'
import { createChain } from '../../src/chain/index.ts'
import { recoverNative } from '../../src/crypto/signer-node.ts'
import { type Market, startMarket } from '../chain/fixture.ts'
import { createScenario, PER_SEC, type Scenario, STARTUP } from './scenario.ts'

export const DEPOSIT = 200_000n
/** What the first, second and third agreement of the scenario come to. */
export const FIRST = STARTUP + (PER_SEC * 2500n) / 1000n
export const SECOND = STARTUP + (PER_SEC * 1234n) / 1000n
export const THIRD = STARTUP + (PER_SEC * 99n) / 1000n

/** A real chain, channels on it, and an auditor who asks it. */
export interface AuditFixture {
  readonly market: Market
  /** A channel of its own for each test, open and funded on chain unless told otherwise. */
  openScenario(options?: { deposit?: bigint; isOpen?: boolean }): Promise<Scenario>
  audit(bundle: AuditBundle): Promise<AuditReport>
}

export async function startAudits(): Promise<AuditFixture> {
  const market = await startMarket()
  await market.alice.deposit(10n ** 18n)
  let salt = 0n
  return {
    market,
    async openScenario({ deposit = DEPOSIT, isOpen = true } = {}) {
      const scenario = await createScenario(market, deposit, ++salt)
      if (isOpen) await market.alice.openChannel(scenario.key, deposit)
      return scenario
    },
    audit(bundle) {
      const chain = createChain({ ...bundle.network, rpcUrls: [market.anvil.url] })
      return verifyBundle(bundle, { chain, recover: recoverNative })
    }
  }
}

export const failedOf = ({ checks }: AuditReport): string[] => checks.filter(({ ok }) => !ok).map(({ name }) => name)

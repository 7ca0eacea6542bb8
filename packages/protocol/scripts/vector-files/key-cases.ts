import { type KeyPossession, ZERO_ADDRESS } from '../../src/index.ts'
import { MAX_ADDRESS, owner, provider } from './keys.ts'
import type { Cases } from './market-cases.ts'

export const keyPossessions: Cases<KeyPossession> = {
  plain: { key: provider.address, owner },
  'its own owner': { key: provider.address, owner: provider.address },
  zero: { key: provider.address, owner: ZERO_ADDRESS },
  'largest address': { key: provider.address, owner: MAX_ADDRESS }
}

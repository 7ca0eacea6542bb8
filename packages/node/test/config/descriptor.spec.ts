import { join } from 'node:path'
import type { NetworkDescriptor } from '@archipel/client'
import { describe, expect, test } from 'vitest'
import { readDescriptor, writeDescriptor } from '../../src/config/descriptor.ts'
import { temporaryFolder } from './temporary-folder.ts'

const ADDRESS = '0x00000000000000000000000000000000000000e5'
const DESCRIPTOR: NetworkDescriptor = {
  name: 'devnet',
  chainId: 31337,
  rpcUrls: ['http://127.0.0.1:8545'],
  escrow: ADDRESS,
  token: ADDRESS,
  deployedAt: 1,
  bootstrap: [],
  allowPrivateAddresses: true
}

describe('a network descriptor', () => {
  test('names the contracts beside the escrow, or does without', async () => {
    for (const descriptor of [
      DESCRIPTOR,
      { ...DESCRIPTOR, bonds: ADDRESS, uptime: ADDRESS, credentials: ADDRESS } as const
    ]) {
      const file = join(temporaryFolder(), 'network.json')
      await writeDescriptor(file, descriptor)
      expect(await readDescriptor(file, 'devnet')).toEqual(descriptor)
    }
  })

  test('is refused when an address in it is none', async () => {
    const file = join(temporaryFolder(), 'network.json')
    await expect(writeDescriptor(file, { ...DESCRIPTOR, bonds: '0x1234' })).rejects.toMatchObject({
      code: 'E_NETWORK_INVALID',
      message: expect.stringContaining('bonds')
    })
  })
})

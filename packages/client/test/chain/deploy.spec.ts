import { bondsAbi } from '@archipel/contracts'
import { Interface } from 'ethers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CREATE2_DEPLOYER, createChain, deployContracts } from '../../src/chain/index.ts'
import { type Anvil, devSigner, startAnvil } from './anvil.ts'

describe('deployContracts', () => {
  let anvil: Anvil
  beforeAll(async () => {
    anvil = await startAnvil(4242)
  })
  afterAll(() => anvil.stop())

  const deployAs = (index: number) =>
    deployContracts({ rpcUrls: [anvil.url], chainId: anvil.chainId, signer: devSigner(index) })

  it('puts the contracts at addresses that depend on nothing but their code, and finds them again', async () => {
    const first = await deployAs(0)
    expect(first.deployedAt).toBeGreaterThan(0)
    const again = await deployAs(1)
    expect(again).toEqual({ ...first, deployedAt: 0 })
    await createChain({ rpcUrls: [anvil.url], chainId: anvil.chainId, ...first }).checkChain()
  })

  it('tells Bonds which escrow receipts are signed for', async () => {
    const { bonds, escrow } = await deployAs(0)
    const data = new Interface(bondsAbi).encodeFunctionData('escrow')
    const answer = await anvil.request('eth_call', [{ to: bonds, data }, 'latest'])
    expect(String(answer).toLowerCase()).toBe(`0x${escrow.slice(2).padStart(64, '0')}`)
  })

  it('deploys the plain way where the deployment proxy is missing', async () => {
    await anvil.request('anvil_setCode', [CREATE2_DEPLOYER, '0x'])
    const { deployedAt, ...addresses } = await deployAs(2)
    expect(deployedAt).toBeGreaterThan(0)
    await createChain({ rpcUrls: [anvil.url], chainId: anvil.chainId, ...addresses }).checkChain()
  })
})

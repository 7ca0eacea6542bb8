import { bondsAbi, courtAbi, credentialsAbi, uptimeAbi } from '@archipel/contracts'
import { Interface, type InterfaceAbi } from 'ethers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CREATE2_DEPLOYER, createChain, deployContracts } from '../../../src/chain/index.ts'
import { type Anvil, devSigner, startAnvil } from '../anvil.ts'

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

  it('tells each contract which others it works with', async () => {
    const { escrow, bonds, uptime, credentials, court, token } = await deployAs(0)
    const ask = async (to: string, abi: InterfaceAbi, method: string) => {
      const data = new Interface(abi).encodeFunctionData(method)
      return `0x${String(await anvil.request('eth_call', [{ to, data }, 'latest'])).slice(26)}`
    }
    expect(await ask(bonds, bondsAbi, 'escrow')).toBe(escrow)
    expect(await ask(uptime, uptimeAbi, 'escrow')).toBe(escrow)
    expect(await ask(uptime, uptimeAbi, 'bonds')).toBe(bonds)
    expect(await ask(credentials, credentialsAbi, 'escrow')).toBe(escrow)
    expect(await ask(court, courtAbi, 'escrow')).toBe(escrow)
    expect(await ask(court, courtAbi, 'bonds')).toBe(bonds)
    expect(await ask(court, courtAbi, 'stakeToken')).toBe(token)
  })

  it('deploys the plain way where the deployment proxy is missing', async () => {
    await anvil.request('anvil_setCode', [CREATE2_DEPLOYER, '0x'])
    const { deployedAt, ...addresses } = await deployAs(2)
    expect(deployedAt).toBeGreaterThan(0)
    await createChain({ rpcUrls: [anvil.url], chainId: anvil.chainId, ...addresses }).checkChain()
  })
})

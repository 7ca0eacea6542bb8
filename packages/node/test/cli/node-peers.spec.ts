import { mkdirSync } from 'node:fs'
import type { ConnectedPeer } from '@archipel/client'
import { describe, expect, onTestFinished, test } from 'vitest'
import { PEERS_PATH } from '../../src/cli/actions/node-peers.ts'
import { networkFolder, nodeFiles } from '../../src/config/folders.ts'
import { createControlServer } from '../../src/control/control-server.ts'
import { temporaryFolder } from '../config/temporary-folder.ts'
import { networkRoot, writeNetwork } from './fixtures.ts'
import { runCli } from './run-cli.ts'

const PEERS: ConnectedPeer[] = [
  {
    peerId: '16Uiu2HAmAzzSWUwXCtqPLmJFPoE3K7DFcVpg4wQmYLCAkjx5oQjA',
    address: '/ip4/198.51.100.7/tcp/4101',
    direction: 'outbound',
    how: 'direct',
    latencyMs: 12.3,
    agent: 'archipel/0.1.0',
    since: 1_900_000_000
  },
  {
    peerId: '16Uiu2HAmBjDdXbGVTAaWgWvMMrSLG7hM9wUzmyGiYyqJdZ1Vjtd8',
    address: '/ip4/203.0.113.9/tcp/4101/p2p-circuit',
    direction: 'inbound',
    how: 'relayed',
    latencyMs: undefined,
    agent: '\u001b[31mred',
    since: 1_900_000_001
  }
]

describe('archipel node peers', () => {
  test('shows whom the running node is connected to', async () => {
    const home = await running(PEERS)
    const { exitCode, stdout, stderr } = await runCli(['node', 'peers'], { home })
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/PEER +ADDRESS +DIRECTION +HOW +LATENCY +AGENT +SINCE/)
    expect(stdout).toMatch(/198\.51\.100\.7\/tcp\/4101 +outbound +direct +12\.3 ms +archipel\/0\.1\.0/)
    // A stranger's words do not reach the terminal as they are.
    expect(stdout).not.toContain('\u001b[31m')
    expect(stderr).toContain('2 peers, 1 of 2 connections made by others, 1 through a relay')
  })

  test('as JSON and as names', async () => {
    const home = await running(PEERS)
    const { stdout } = await runCli(['node', 'peers', '--json'], { home })
    expect(JSON.parse(stdout)).toMatchObject({ peers: [{ latencyMs: 12.3 }, { latencyMs: null, how: 'relayed' }] })
    const names = await runCli(['node', 'peers', '--output', 'name'], { home })
    expect(names.stdout.trim().split('\n')).toEqual(PEERS.map(({ peerId }) => peerId))
  })

  test('says when there is nobody, and when no node runs', async () => {
    expect((await runCli(['node', 'peers'], { home: await running([]) })).stdout).toContain('Connected to nobody.')
    const { exitCode, stderr } = await runCli(['node', 'peers'], { home: home() })
    expect(exitCode).not.toBe(0)
    expect(stderr).toContain('no node is running here')
  })
})

function home(): string {
  const folder = temporaryFolder()
  writeNetwork(folder, 'http://127.0.0.1:9')
  mkdirSync(networkFolder(networkRoot(folder)).node, { recursive: true })
  return folder
}

/** A home in which a node answers. */
async function running(peers: readonly ConnectedPeer[]): Promise<string> {
  const folder = home()
  const { control } = nodeFiles(networkFolder(networkRoot(folder)))
  const server = createControlServer({ path: control, answers: { [PEERS_PATH]: async () => peers } })
  await server.start()
  onTestFinished(() => server.stop())
  return folder
}

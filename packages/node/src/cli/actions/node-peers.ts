import type { ConnectedPeer } from '@archipel/client'
import { nodeFiles } from '../../config/folders.ts'
import { askNode } from '../../control/control-client.ts'
import { clockText } from '../escrow/words.ts'
import type { Invocation } from '../host.ts'
import type { Column } from '../output/table.ts'
import { plural } from '../run/words.ts'

/** Where a running node answers with whom it is connected to. */
export const PEERS_PATH = '/peers'

export async function showPeers({ context }: Invocation<object>): Promise<undefined> {
  const { control } = nodeFiles(await context.folder())
  const peers = (await askNode(control, PEERS_PATH, { signal: context.signal })) as readonly ConnectedPeer[]
  await context.output.answer({
    json: { peers: peers.map(peer => ({ ...peer, latencyMs: peer.latencyMs ?? null, agent: peer.agent ?? null })) },
    names: () => peers.map(({ peerId }) => peerId),
    human: ({ table }) => (peers.length === 0 ? 'Connected to nobody.' : table(COLUMNS, peers))
  })
  if (peers.length > 0) context.output.note(summaryOf(peers))
}

function summaryOf(peers: readonly ConnectedPeer[]): string {
  const distinct = new Set(peers.map(({ peerId }) => peerId)).size
  const called = peers.filter(({ direction }) => direction === 'inbound').length
  const relayed = peers.filter(({ how }) => how === 'relayed').length
  return `${plural(distinct, 'peer')}, ${called} of ${plural(peers.length, 'connection')} made by others, ${relayed} through a relay`
}

const COLUMNS: readonly Column<ConnectedPeer>[] = [
  { title: 'peer', cell: ({ peerId }) => peerId, widthMin: 12 },
  { title: 'address', cell: ({ address }) => address, widthMin: 20 },
  { title: 'direction', cell: ({ direction }) => direction },
  { title: 'how', cell: ({ how }) => how },
  {
    title: 'latency',
    cell: ({ latencyMs }) => (latencyMs === undefined ? '' : `${latencyMs} ms`),
    align: 'right'
  },
  { title: 'agent', cell: ({ agent }) => agent ?? '', widthMin: 8 },
  { title: 'since', cell: ({ since }) => clockText(since) }
]

import { CodedError } from '@archipel/protocol'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { autoNAT } from '@libp2p/autonat'
import { dcutr } from '@libp2p/dcutr'
import type { GossipSub } from '@libp2p/gossipsub'
import { gossipsub } from '@libp2p/gossipsub'
import { type Identify, identify } from '@libp2p/identify'
import type { Connection, ConnectionGater, Libp2p, PeerId, PrivateKey, Stream } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import { type Ping, ping } from '@libp2p/ping'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import { createConduct } from './conduct.ts'
import { createDht } from './dht/create-dht.ts'
import { connectTo, type DialTarget } from './dial.ts'
import { createDialGater, isDialable } from './dial-gater.ts'
import { createPeerExchange } from './exchange/peer-exchange.ts'
import { createGossip, type Gossip } from './gossip.ts'
import { gossipSettings } from './gossip-settings.ts'
import { createHandlers, type HandleOptions, type ProtocolHandler } from './handlers.ts'
import { createInboundLimit } from './inbound-limit.ts'
import { createKnownPeers } from './join/known-peers.ts'
import { createMaintainer, type Maintainer } from './join/maintainer.ts'
import { privateKeyFromBytes } from './key.ts'
import { createLan, type LanDiscovery } from './lan.ts'
import { createLifecycle } from './lifecycle.ts'
import {
  CONNECTION_SETTINGS,
  EARLY_STREAMS_MAX,
  MONITOR_SETTINGS,
  OPEN_STREAM_TIMEOUT_MS,
  PEER_STORE_SETTINGS,
  PING_SETTINGS,
  START_TIMEOUT_MS,
  STOP_TIMEOUT_MS,
  STREAM_WINDOW_BYTES_MAX,
  STREAMS_PER_CONNECTION_MAX
} from './limits.ts'
import { createMonitor, type MonitorSettings } from './monitor.ts'
import { type ConnectedPeer, listPeers } from './peer-list.ts'
import { contradictionsTopic, kadProtocol, offersTopic, validateNetworkName } from './protocol-ids.ts'
import { type Reachability, reachabilityOf } from './reachability.ts'
import { createRelayServer, RELAY_LISTEN } from './relay.ts'
import { timeoutSignal, type WaitOptions } from './wait.ts'

/** The libp2p services every peer of Archipel runs. */
export type NetworkServices = {
  identify: Identify
  ping: Ping
  dht: KadDHT
  pubsub: GossipSub
  /** Where addresses are public: finds out which of ours can be called. Has nothing to ask of it. */
  autonat?: unknown
  /** Where connections are lent to others. */
  relay?: unknown
  /** Where others may call: turns relayed connections into direct ones. Has nothing to ask of it. */
  dcutr?: unknown
}

export interface NetworkInit {
  /** Name of the network: part of every protocol id. */
  network: string
  /** secp256k1: a libp2p key or its raw 32 bytes. */
  privateKey: PrivateKey | Uint8Array
  /** Node: `nodeTransports()`. Browser: WebSocket alone. */
  transports: NonNullable<Libp2pOptions['transports']>
  /** Multiaddrs to listen on; port 0 takes a free one. Default: none, a peer that only dials. */
  listen?: readonly string[]
  /** Multiaddrs to tell others instead of those listened on (behind a proxy or a port forward). */
  announce?: readonly string[]
  /** Multiaddrs of first contacts, with or without `/p2p/…`; redialled whenever connections run low. */
  bootstrap?: readonly string[]
  /** `server` answers look-ups and must be dialable; `client` only asks. Default `client`. */
  dht?: 'server' | 'client'
  /** Keep and dial private and loopback addresses: devnets, LANs and tests. Default false: they are useless to strangers. */
  allowPrivateAddresses?: boolean
  /** `serve` lends connections to peers that nobody can dial; `use` asks others for that. Default: neither. */
  relay?: 'serve' | 'use'
  /** Finds peers on the LAN: `lanDiscovery` in Node. Default: they are not looked for. */
  lan?: LanDiscovery
  /** How many topics this network's offers are spread over. Default 1. */
  offerShards?: number | undefined
  /** Gossip topics beyond those of offers and contradictions. */
  topics?: readonly string[]
  /** Where known peers and DHT records outlive the process. Default: memory. */
  datastore?: NonNullable<Libp2pOptions['datastore']>
  /** Connections to keep at least; see {@link createMaintainer}. Default CONNECTIONS_MIN. */
  connectionsMin?: number
  /** Whether connections and known peers have to be of several /24 or /48. Default: where all addresses are public. */
  isDiverse?: boolean
  /** Overrides {@link MONITOR_SETTINGS}: how fast a silent peer is noticed. */
  monitor?: Partial<MonitorSettings>
  /** Beyond {@link createDialGater}, or in place of parts of it. */
  connectionGater?: ConnectionGater
  logger?: NonNullable<Libp2pOptions['logger']>
  /** Told to others by identify. */
  userAgent?: string
}

/** One peer's place in the network: connections, streams, gossip, DHT. */
export interface Network {
  readonly name: string
  readonly peerId: PeerId
  /** For what this interface doesn't cover. Don't start or stop it. */
  readonly libp2p: Libp2p<NetworkServices>
  readonly gossip: Gossip
  readonly maintainer: Maintainer
  /** Binds the addresses and begins to connect. Idempotent. Rejects with E_NETWORK_START or E_NETWORK_STOPPED. */
  start(): Promise<void>
  /** Resets what is open and lets go of the addresses, in bounded time. Idempotent; never rejects. */
  stop(): Promise<void>
  /** Multiaddrs others can dial, each ending in `/p2p/<peer id>`. */
  addresses(): Multiaddr[]
  /** Whether others can call this peer, as far as is known by now. */
  reachability(): Reachability
  /** Those it is connected to, one for each connection. */
  peers(): Promise<ConnectedPeer[]>
  /** The open connection to a peer, whoever dialled it. */
  connectionTo(peer: PeerId): Connection | undefined
  /** Uses the open connection or dials. Rejects with E_DIAL_FAILED, or the signal's reason. */
  connect(target: DialTarget, options?: WaitOptions): Promise<Connection>
  /** A new stream; E_DIAL_FAILED, E_PROTOCOL_UNSUPPORTED, E_STREAM_OPEN_FAILED, or the signal's reason. */
  openStream(target: DialTarget | Connection, protocol: string, options?: WaitOptions): Promise<Stream>
  /** Serves a protocol; the returned function stops serving it. */
  handle(protocol: string, handler: ProtocolHandler, options: HandleOptions): Promise<() => Promise<void>>
}

/** Builds a peer without starting it. Throws E_NETWORK_NAME, E_KEY_INVALID or E_NETWORK_CONFIG. */
export async function createNetwork(init: NetworkInit): Promise<Network> {
  const name = validateNetworkName(init.network)
  const privateKey = init.privateKey instanceof Uint8Array ? privateKeyFromBytes(init.privateKey) : init.privateKey
  const allowPrivateAddresses = init.allowPrivateAddresses ?? false
  const isDiverse = init.isDiverse ?? !allowPrivateAddresses
  const shards = Array.from({ length: init.offerShards ?? 1 }, (_, shard) => offersTopic(name, shard))
  const topics = [...shards, contradictionsTopic(name), ...(init.topics ?? [])]
  const conduct = createConduct({
    onRefused(peer) {
      for (const connection of libp2p.getConnections())
        if (connection.remotePeer.toString() === peer)
          connection.abort(new CodedError('E_PEER_REFUSED', 'this peer floods us', { facts: { peer } }))
    }
  })
  const isRefused = (peer: PeerId) => conduct.isRefused(peer.toString())
  const inbound = createInboundLimit({ isDiverse })
  const relay = init.relay === 'serve' ? createRelayServer({ isDiverse }) : undefined
  const lan = init.lan === undefined ? undefined : createLan(init.lan)
  const listen = [...(init.listen ?? []), ...(init.relay === 'use' ? [RELAY_LISTEN] : [])]
  const libp2p = await createLibp2p<NetworkServices>({
    start: false,
    privateKey,
    addresses: { listen, announce: [...(init.announce ?? [])] },
    transports: init.transports,
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        maxEarlyStreams: EARLY_STREAMS_MAX,
        maxInboundStreams: STREAMS_PER_CONNECTION_MAX,
        maxOutboundStreams: STREAMS_PER_CONNECTION_MAX,
        streamOptions: { maxStreamWindowSize: STREAM_WINDOW_BYTES_MAX, maxReadBufferLength: STREAM_WINDOW_BYTES_MAX }
      })
    ],
    connectionManager: CONNECTION_SETTINGS,
    // Ours knows when it is this process that was late.
    connectionMonitor: { enabled: false },
    peerStore: PEER_STORE_SETTINGS,
    ...(init.datastore === undefined ? {} : { datastore: init.datastore }),
    connectionGater: {
      ...createDialGater({ allowPrivateAddresses, isOnLan: address => lan?.has(address) === true }),
      ...inbound.gater,
      ...relay?.gater,
      denyDialPeer: isRefused,
      denyInboundEncryptedConnection: isRefused,
      ...init.connectionGater
    },
    ...(lan === undefined ? {} : { peerDiscovery: [lan.discovery] }),
    ...(init.logger === undefined ? {} : { logger: init.logger }),
    nodeInfo: { userAgent: init.userAgent ?? 'archipel' },
    services: {
      identify: identify(),
      ping: ping(PING_SETTINGS),
      dht: createDht({ protocol: kadProtocol(name), allowPrivateAddresses, isDiverse }),
      pubsub: gossipsub(gossipSettings({ topics, allowPrivateAddresses, score: conduct.score })),
      ...(allowPrivateAddresses ? {} : { autonat: autoNAT() }),
      ...(relay === undefined ? {} : { relay: relay.service }),
      ...(listen.length === 0 ? {} : { dcutr: dcutr() })
    }
  })
  const gossip = createGossip(libp2p, topics, conduct)
  const handlers = createHandlers(libp2p)
  inbound.watch(libp2p)
  relay?.watch(libp2p)
  const monitor = createMonitor(libp2p, { ...MONITOR_SETTINGS, ...init.monitor })
  const connect = (target: DialTarget, wait: WaitOptions = {}) => connectTo(libp2p, target, wait)
  const openStream: Network['openStream'] = async (target, protocol, wait = {}) => {
    const connection = isConnection(target) ? target : await connect(target, wait)
    return handlers.openStream(connection, protocol, timeoutSignal(OPEN_STREAM_TIMEOUT_MS, wait.signal))
  }
  const known = createKnownPeers(libp2p, { isDiverse })
  const exchange = createPeerExchange({
    network: { name, peerId: libp2p.peerId, libp2p, handle: handlers.handle, openStream },
    isDialable: ({ addresses }) => addresses.some(address => isDialable(address, { allowPrivateAddresses })),
    isWanted: key => maintainer.isWanted(key),
    hasRoom: known.hasRoom,
    isDiverse
  })
  const maintainer = createMaintainer(libp2p, {
    bootstrap: init.bootstrap ?? [],
    known,
    exchange,
    isDiverse,
    ...(init.connectionsMin === undefined ? {} : { connectionsMin: init.connectionsMin })
  })
  let startedAtMs = performance.now()
  const lifecycle = createLifecycle('network', {
    startTimeoutMs: START_TIMEOUT_MS,
    stopTimeoutMs: STOP_TIMEOUT_MS,
    async start() {
      startedAtMs = performance.now()
      await exchange.start()
      monitor.start()
      await libp2p.start()
      await libp2p.services.dht.setMode(init.dht ?? 'client', { force: true })
      maintainer.start()
    },
    async stop() {
      maintainer.stop()
      monitor.stop()
      handlers.stop()
      for (const connection of libp2p.getConnections()) connection.close().catch(() => {})
      await libp2p.stop()
    }
  })

  return {
    name,
    peerId: libp2p.peerId,
    libp2p,
    gossip,
    maintainer,
    start: lifecycle.start,
    stop: lifecycle.stop,
    addresses: () => libp2p.getMultiaddrs(),
    reachability: () =>
      reachabilityOf({
        addresses: libp2p.getMultiaddrs(),
        connections: libp2p.getConnections(),
        listens: listen.length > 0,
        allowPrivateAddresses,
        upMs: performance.now() - startedAtMs
      }),
    peers: () => listPeers(libp2p),
    connectionTo: peer => libp2p.getConnections(peer).find(connection => connection.status === 'open'),
    connect,
    openStream,
    handle: handlers.handle
  }
}

function isConnection(target: DialTarget | Connection): target is Connection {
  return typeof target === 'object' && 'newStream' in target
}

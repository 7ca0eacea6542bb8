import { createEventHeap } from './heap.ts'
import { logNormal, type Random } from './random.ts'

/** Peers of one topic, each with its neighbours in gossipsub's mesh. Links go both ways. */
export type Mesh = readonly (readonly number[])[]

/**
 * gossipsub's degrees, as the network sets them: everybody looks for neighbours until it has so many, and takes those that
 * come up to so many. Six on average, as in real meshes.
 */
export const DEGREE = { sought: 5, most: 8 }

/** What a copy takes from one peer to the next. */
export interface Hop {
  /** Of the wire, one way, milliseconds: half of all are faster. */
  readonly medianMs: number
  /** How much they differ: standard deviation of the logarithm. */
  readonly sigma: number
  /** Checking a message before it is passed on. */
  readonly checkMs: number
}

/** What became of one message. */
export interface Spread {
  /** When each peer had it first; the publisher at 0. */
  readonly heardMs: Float64Array
  /** Copies that were sent, the wasted ones included. */
  readonly copies: number
}

/** A mesh as it settles. With churn some have fewer neighbours: `missing` is the share of links that are being replaced. */
export function createMesh(peers: number, random: Random, missing = 0): Mesh {
  const links = Array.from({ length: peers }, () => new Set<number>())
  const join = (a: number, b: number) => {
    links[a]!.add(b)
    links[b]!.add(a)
  }
  const wanted = Math.min(DEGREE.sought, peers - 1)
  for (let peer = 0; peer < peers; peer++) {
    for (let tries = 0; links[peer]!.size < wanted && tries < 20 * wanted; tries++) {
      const other = Math.floor(random() * peers)
      if (other !== peer && links[other]!.size < DEGREE.most) join(peer, other)
    }
  }
  const gone = new Set<string>()
  links.forEach((own, peer) => {
    for (const other of own) if (other > peer && random() < missing) gone.add(`${peer}/${other}`)
  })
  const isThere = (a: number, b: number) => !gone.has(a < b ? `${a}/${b}` : `${b}/${a}`)
  return links.map((own, peer) => [...own].filter(other => isThere(peer, other)))
}

/** Passes one message through a mesh: whoever hears it first from somebody sends it to all other neighbours. */
export function spread(mesh: Mesh, from: number, hop: Hop, random: Random): Spread {
  const heardMs = new Float64Array(mesh.length).fill(Number.POSITIVE_INFINITY)
  const events = createEventHeap()
  let copies = 0

  function forward(peer: number, atMs: number, except: number): void {
    for (const neighbour of mesh[peer]!) {
      if (neighbour === except) continue
      copies++
      events.push(atMs + hop.checkMs + logNormal(random, hop.medianMs, hop.sigma), peer * mesh.length + neighbour)
    }
  }

  heardMs[from] = 0
  forward(from, 0, from)
  while (events.size > 0) {
    const [atMs, event] = events.pop()
    const peer = event % mesh.length
    if (heardMs[peer]! <= atMs) continue
    heardMs[peer] = atMs
    forward(peer, atMs, Math.floor(event / mesh.length))
  }
  return { heardMs, copies }
}

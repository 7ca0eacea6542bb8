import type { JobProgress, Replica, ReplicaState } from '@archipel/client'
import type { Address, Hash, Wei } from '@archipel/protocol'

/** Where a job stands, for people to watch: what all progress so far adds up to. */
export interface JobView {
  readonly job: Hash | undefined
  readonly stage: 'preparing' | 'placing' | 'running' | 'agreed'
  /** By provider, in the order they came in. */
  readonly replicas: ReadonlyMap<Address, ReplicaView>
  /** What each provider's channel holds. */
  readonly deposits: ReadonlyMap<Address, Wei>
  readonly quorum: { readonly digest: Hash; readonly votes: number; readonly replicas: number } | undefined
  readonly fetchedBytes: number
}

export interface ReplicaView extends Replica {
  readonly startedMs: number
  /** When it came into its state. */
  readonly sinceMs: number
}

export const EMPTY_VIEW: JobView = {
  job: undefined,
  stage: 'preparing',
  replicas: new Map(),
  deposits: new Map(),
  quorum: undefined,
  fetchedBytes: 0
}

/** @param nowMs of a clock that only goes forward */
export function stepView(view: JobView, progress: JobProgress, nowMs: number): JobView {
  switch (progress.type) {
    case 'prepared':
      return { ...view, job: progress.job, stage: 'placing' }
    case 'offers':
      return { ...view, stage: 'running' }
    case 'channel':
      return { ...view, deposits: new Map(view.deposits).set(progress.provider, progress.deposit) }
    case 'replica': {
      const { provider } = progress.replica
      const replica = stepReplica(view.replicas.get(provider), progress.replica, nowMs)
      return { ...view, replicas: new Map(view.replicas).set(provider, replica) }
    }
    case 'replaced':
      return view
    case 'quorum': {
      const { digest, votes, replicas } = progress
      return { ...view, stage: 'agreed', quorum: { digest, votes, replicas } }
    }
    case 'fetched':
      return { ...view, fetchedBytes: progress.bytes }
  }
}

function stepReplica(before: ReplicaView | undefined, replica: Replica, nowMs: number): ReplicaView {
  if (before === undefined) return { ...replica, startedMs: nowMs, sinceMs: nowMs }
  const state = later(before.state, replica.state)
  return { ...before, ...replica, state, sinceMs: state === before.state ? before.sinceMs : nowMs }
}

const WORKING: readonly ReplicaState[] = ['negotiating', 'agreed', 'queued', 'fetching', 'running']

/** An agreement that is paid for a tick is still running: among stages of work, none comes again. */
function later(before: ReplicaState, now: ReplicaState): ReplicaState {
  return WORKING.includes(now) && WORKING.indexOf(now) < WORKING.indexOf(before) ? before : now
}

export function isWorking({ state }: Pick<Replica, 'state'>): boolean {
  return WORKING.includes(state)
}

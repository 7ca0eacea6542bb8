export { randomHash } from './act.ts'
export { deliveredData } from './data.ts'
export { CASES_OPEN_MAX, DATA_BYTES_MAX } from './limits.ts'
export { type CourtMoment, readMoment } from './moment.ts'
export { type DisputeTables, readDisputes } from './read.ts'
export {
  type DisputeEnd,
  type DisputeNext,
  type DisputeOpening,
  type DisputeRecord,
  type DisputeStep,
  spentOf
} from './record.ts'
export {
  createDisputeRunner,
  type DisputeNews,
  type DisputeParty,
  type DisputeRunner,
  type DisputeRunnerInit,
  isSettled
} from './runner.ts'
export { type DisputeSettings, policyOf } from './settings.ts'
export type { DisputeEvidence, DisputeSummary } from './summary.ts'

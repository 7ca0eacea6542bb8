export {
  createDevnet,
  type Devnet,
  type DevnetInit,
  type DevnetProvider,
  type DevnetStatus,
  type DevnetUp
} from './devnet.ts'
export type { Funds } from './funds.ts'
export { DEFAULT_PROVIDERS, type ProviderPlan } from './plan.ts'
export type { DevnetProgress } from './starter.ts'

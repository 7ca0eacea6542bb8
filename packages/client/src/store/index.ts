export type { StorePlace } from './backend.ts'
export { decodeValue, encodeValue, type StoredValue } from './codec.ts'
export { COMMITS_WAITING_MAX, GROUP_OPS_MAX } from './group-commit.ts'
export * from './store.ts'

export * from './fetch-dag.ts'
export * from './fetcher.ts'
export * from './server.ts'
export { WANTS_PER_FRAME_MAX } from './wire.ts'

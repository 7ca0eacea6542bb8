export * from './block-store.ts'
export {
  BLOCK_BYTES_MAX,
  CID_BYTES,
  type ContentCodec,
  cidOf,
  DAG_PB_CODE,
  decodeContentCid,
  isBlockOf,
  isContentCid,
  parseContentCid,
  RAW_CODE,
  validateContentCid
} from './cid.ts'
export * from './export.ts'
export * from './import.ts'
export * from './limits.ts'
export { foldName, splitPath } from './path.ts'

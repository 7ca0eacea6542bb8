export { SchemaError } from './error.ts'
export { address, bytes, type Field, hash, type Infer, list, optional, text, uint, uint256, wei } from './field.ts'
export { decode, encode, type Struct, struct } from './struct.ts'

import { type Field, type Infer, SchemaError } from '../schema/index.ts'
import { isWireMap } from '../schema/struct.ts'

/** Exactly one of several kinds of message, told apart by name: on the wire a map with one key. */
export type Message<Kinds> = { [K in keyof Kinds]: { readonly type: K; readonly value: Infer<Kinds[K]> } }[keyof Kinds]

export interface Union<Kinds> {
  toWire(message: Message<Kinds>): unknown
  /** @throws SchemaError */
  fromWire(data: unknown): Message<Kinds>
}

export function union<Kinds extends Record<string, Field<unknown>>>(kinds: Kinds): Union<Kinds> {
  return {
    toWire: ({ type, value }) => ({ [type]: (kinds[type] as Field<unknown>).toWire(value) }),
    fromWire(data) {
      const keys = isWireMap(data) ? Object.keys(data) : []
      const type = keys[0]
      if (!isWireMap(data) || keys.length !== 1 || type === undefined || !Object.hasOwn(kinds, type)) {
        throw new SchemaError('message', `one of ${Object.keys(kinds).join(', ')}`, data)
      }
      const field = kinds[type] as Field<unknown>
      return { type, value: field.fromWire(data[type], type) } as Message<Kinds>
    }
  }
}

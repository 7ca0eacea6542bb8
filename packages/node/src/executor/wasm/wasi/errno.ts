/** WASI preview 1 error numbers that this host gives (`witx/typenames.witx`, `$errno`). */
export const ERRNO = {
  BADF: 8,
  EXIST: 20,
  FAULT: 21,
  FBIG: 22,
  ILSEQ: 25,
  INVAL: 28,
  ISDIR: 31,
  MFILE: 33,
  NAMETOOLONG: 37,
  NOENT: 44,
  NOTDIR: 54,
  NOTEMPTY: 55,
  NOTSUP: 58,
  OVERFLOW: 61,
  SPIPE: 70,
  NOTCAPABLE: 76
} as const

export type ErrnoName = keyof typeof ERRNO

/** Thrown inside a host call to end it with an error number; the guest sees only the number. */
export class WasiErrno extends Error {
  override readonly name = 'WasiErrno'
  readonly errno: number

  constructor(name: ErrnoName) {
    super(name)
    this.errno = ERRNO[name]
  }
}

// A program may provoke millions of these, and nobody reads their stacks: one instance each.
const instances = new Map<ErrnoName, WasiErrno>()
for (const name of Object.keys(ERRNO) as ErrnoName[]) instances.set(name, new WasiErrno(name))

/** The error to throw for `name`: `throw errno('NOENT')`. */
export function errno(name: ErrnoName): WasiErrno {
  return instances.get(name)!
}

const bit = (n: number) => 1n << BigInt(n)

/** The preview 1 rights that mean something here (`witx/typenames.witx`, `$rights`). */
export const RIGHT = { read: bit(1), seek: bit(2), tell: bit(5), write: bit(6) } as const

/** Every right that preview 1 defines. */
export const RIGHTS_ALL = bit(30) - 1n
/** Rights on a stream that cannot seek: C libraries take seek and tell on a terminal for "not a terminal". */
export const RIGHTS_STREAM = RIGHTS_ALL & ~(RIGHT.seek | RIGHT.tell)
/** Rights on a directory: all but reading, writing and seeking its bytes. */
export const RIGHTS_DIRECTORY = RIGHTS_ALL & ~(RIGHT.read | RIGHT.write | RIGHT.seek | RIGHT.tell)

export const FILE_TYPE = { unknown: 0, directory: 3, file: 4 } as const
export const FD_FLAG = { append: 1 } as const
export const OPEN_FLAG = { create: 1, directory: 2, exclusive: 4, truncate: 8 } as const

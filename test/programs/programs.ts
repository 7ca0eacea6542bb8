/** A program in C and how to build it, as a WASI command and for this machine from the same sources. */
export interface CProgram {
  name: string
  /** Debian's source package. */
  source: string
  /** Makes, in the folder of the sources, what its own build makes before it compiles. Shell. */
  prepare?: string
  /** Patterns, in the folder of the sources. */
  files: readonly string[]
  flags: readonly string[]
  /** Only for WASI. */
  wasiFlags?: readonly string[]
}

const EMULATED_SIGNAL = ['-D_WASI_EMULATED_SIGNAL', '-lwasi-emulated-signal']
const EMULATED_CLOCKS = ['-D_WASI_EMULATED_PROCESS_CLOCKS', '-lwasi-emulated-process-clocks']
const EMULATED_GETPID = ['-D_WASI_EMULATED_GETPID', '-lwasi-emulated-getpid']

/** Programs of every day, with nothing but the C library: no threads, no regular expressions, pictures only as PPM. */
export const C_PROGRAMS = [
  {
    name: 'jq',
    source: 'jq',
    prepare: String.raw`
      sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$/\\n"/' src/builtin.jq >src/builtin.inc
      echo '#define JQ_VERSION "1.6"' >src/version.h`,
    files: [
      'src/{builtin,bytecode,compile,execute,jq_test,jv,jv_alloc,jv_aux,jv_dtoa,jv_file,jv_parse,jv_print}.c',
      'src/{jv_unicode,linker,locfile,util,lexer,parser,main}.c'
    ],
    flags: [
      '-I.',
      '-D_GNU_SOURCE',
      '-DIEEE_8087',
      ...['ALLOCA_H', 'ISATTY', 'MEMMEM', 'TIMEGM', 'GMTIME_R', 'STRFTIME', 'GETTIMEOFDAY'].map(
        name => `-DHAVE_${name}`
      ),
      ...['FLOOR', 'SQRT', 'CEIL', 'ROUND', 'TRUNC', 'FABS', 'POW', 'LOG10', 'LOG', 'LOG2', 'EXP', 'EXP2'].map(
        name => `-DHAVE_${name}`
      )
    ],
    wasiFlags: EMULATED_GETPID
  },
  {
    name: 'lua',
    source: 'lua5.4',
    // Names the folder of modules in C, which nothing here loads.
    prepare: `echo '#define DEB_HOST_MULTIARCH ""' >src/lua5.4-deb-multiarch.h`,
    files: ['src/l!(ua)*.c', 'src/lua.c'],
    flags: [],
    wasiFlags: [...EMULATED_SIGNAL, ...EMULATED_CLOCKS]
  },
  {
    name: 'sqlite3',
    source: 'sqlite3',
    prepare: 'make -s -f main.mk TOP=. BCC=clang TCCX="clang -I. -Isrc" sqlite3.c shell.c',
    files: ['sqlite3.c', 'shell.c'],
    flags: [
      ...['OMIT_LOAD_EXTENSION', 'OMIT_POPEN', 'NOHAVE_SYSTEM', 'OMIT_WAL', 'THREADSAFE=0'].map(
        option => `-DSQLITE_${option}`
      )
    ],
    wasiFlags: [...EMULATED_SIGNAL, ...EMULATED_CLOCKS, ...EMULATED_GETPID]
  },
  {
    name: 'zstd',
    source: 'libzstd',
    files: ['lib/{common,compress,decompress}/*.c', 'programs/{zstdcli,util,timefn,fileio,fileio_asyncio}.c'],
    flags: ['NOBENCH', 'NODICT', 'NOTRACE', 'DISABLE_ASM']
      .map(option => `-DZSTD_${option}`)
      .concat('-DBACKTRACE_ENABLE=0'),
    wasiFlags: [...EMULATED_SIGNAL, ...EMULATED_CLOCKS]
  },
  {
    name: 'cwebp',
    source: 'libwebp',
    files: [
      'src/{dec,demux,enc,utils}/*.c',
      // Instructions of processors that hardly anybody has: files with nothing in them elsewhere, and many of them.
      'src/dsp/!(*_mips32|*_mips_dsp_r2|*_msa).c',
      'sharpyuv/*.c',
      'imageio/{image_dec,imageio_util,metadata,pnmdec,jpegdec,pngdec,tiffdec,webpdec}.c',
      'examples/{cwebp,example_util}.c'
    ],
    flags: ['-I.', '-Isrc']
  }
] as const satisfies readonly CProgram[]

export type CProgramName = (typeof C_PROGRAMS)[number]['name']

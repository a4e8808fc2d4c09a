/** Ends the process from any of its threads, even if the main thread is stuck. */
import { WASI } from 'node:wasi'

/**
 * process.exit() in a worker ends only the worker, and the kernel ignores a signal that a process
 * sends to itself if it is the first process of a container. WASI's proc_exit is Node's only way to
 * call exit(3) from a worker; this module is
 *
 *     (module
 *       (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
 *       (memory (export "memory") 0)
 *       (func (export "_start") i32.const 70 call $exit))
 */
const moduleHex = [
  '0061736d01000000', // magic number and version
  '01080260017f00600000', // types: (i32) -> (), () -> ()
  `022401${named('wasi_snapshot_preview1')}${named('proc_exit')}0000`, // import 0: a function of type 0
  '03020101', // function 1, of type 1
  '0503010000', // memory of no pages
  `071302${named('memory')}0200${named('_start')}0001`, // exports: memory 0, function 1
  '0a0901070041c60010000b', // i32.const 70, call 0, end
].join('')

/** The parts used here of an interface that TypeScript describes only for browsers. */
declare const WebAssembly: {
  instantiate(module: Uint8Array, imports: object): Promise<{ readonly instance: object }>
}

/**
 * The exit code of a server that ended because it could not continue: EX_SOFTWARE of sysexits(3).
 */
export const fatalExitCode = 70

/**
 * @returns a function that ends the process with `fatalExitCode`, prepared in advance. It gets no
 * file, argument or variable.
 */
export async function processEnd(): Promise<() => void> {
  const wasi = new WASI({ version: 'preview1', returnOnExit: false })
  const { instance } = await WebAssembly.instantiate(
    Uint8Array.fromHex(moduleHex),
    wasi.getImportObject(),
  )
  return () => {
    wasi.start(instance)
  }
}

function named(text: string): string {
  const bytes = new TextEncoder().encode(text)
  return Uint8Array.of(bytes.length, ...bytes).toHex()
}

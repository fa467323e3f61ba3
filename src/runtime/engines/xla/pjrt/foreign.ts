/** @file The few things that PJRT needs of a foreign function interface, from `koffi`, which is loaded when an engine is asked for. */
import { LimitationError } from '../../../../compiler/diagnostics/internal-error.ts';
import { keepAlive } from './structs.ts';

/** An address in this process; 0n is null. */
export type Address = bigint;

/** A C function of one pointer that returns a pointer, as every function of PJRT's table is. */
export interface ForeignFunction {
  /** On this thread. */
  call(argument: NodeJS.ArrayBufferView): Address;
  /** On a thread of the pool; `argument` stays alive until it has ended. */
  callAside(argument: NodeJS.ArrayBufferView): Promise<Address>;
}

export interface Foreign {
  /** Throws what the dynamic linker says. */
  load(path: string): ForeignLibrary;
  /** Loads a library for others that will ask for it by its name; false when the dynamic linker refuses. */
  preload(path: string): boolean;
  functionAt(address: Address): ForeignFunction;
  /** Calls `void f(void *)`. */
  release(functionAddress: Address, argument: Address): void;
  /** Where the data of `array` lies; valid as long as `array` lives. */
  addressOf(array: NodeJS.ArrayBufferView): Address;
  /** A copy of memory. */
  copy(address: Address, bytes: number): Uint8Array<ArrayBuffer>;
}

export interface ForeignLibrary {
  /** The result of `void *name(void)`; throws when the library has no such function. */
  callForPointer(name: string): Address;
}

/**
 * XLA compiles on the thread that asks, with recursions over the graph, and koffi's calls run on stacks of koffi's own: the largest that it
 * offers. The pages are only taken when they are used.
 */
const STACK_BYTES = 16 * 2 ** 20;

type Koffi = typeof import('koffi').default;

/** Throws LimitationError when koffi is not installed. */
export async function loadForeign(): Promise<Foreign> {
  const koffi = await importKoffi();
  widenStacks(koffi);
  const asked = koffi.proto('void *', ['void *']);
  const releaser = koffi.proto('void', ['void *']);
  // An empty array has no address, and null means something else to most functions.
  const nothing = new Uint8Array(8);
  return {
    load: (path) => {
      const library = koffi.load(path);
      openForGood(koffi, path);
      return { callForPointer: (name) => addressFrom(library.func(name, 'void *', [])()) };
    },
    preload: (path) => openForGood(koffi, path),
    functionAt: (address) => {
      const plain = koffi.decode(address, asked) as import('koffi').KoffiFunc<(argument: NodeJS.ArrayBufferView) => unknown>;
      return {
        call: (argument) => addressFrom(plain(argument)),
        callAside: (argument) =>
          new Promise((resolve, reject) => {
            plain.async(argument, (error: unknown, result: unknown) => {
              keepAlive(argument);
              if (error !== null && error !== undefined) reject(error);
              else resolve(addressFrom(result));
            });
          }),
      };
    },
    release: (functionAddress, argument) => {
      koffi.call(functionAddress, releaser, argument);
    },
    addressOf: (array) => (array.byteLength === 0 ? koffi.address(nothing) : koffi.address(array)),
    copy: (address, bytes) => (bytes === 0 ? new Uint8Array(0) : new Uint8Array(koffi.view(address, bytes)).slice()),
  };
}

const RTLD_NOW = 2;

/**
 * koffi closes a library when its handle is collected, or when the process ends. XLA's threads run until the very end, and do not survive
 * that: libraries are opened once more, and never closed.
 */
function openForGood(koffi: Koffi, path: string): boolean {
  if (process.platform === 'win32') return false;
  return addressFrom(koffi.load(null).func('dlopen', 'void *', ['str', 'int'])(path, RTLD_NOW)) !== 0n;
}

/** Once for a process: koffi fixes its settings when the first library is loaded. */
function widenStacks(koffi: Koffi): void {
  const settings = koffi.config();
  if (settings.sync_stack_size === STACK_BYTES && settings.async_stack_size === STACK_BYTES) return;
  try {
    koffi.config({ ...settings, sync_stack_size: STACK_BYTES, async_stack_size: STACK_BYTES });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LimitationError(`other code of this process uses koffi with stacks that are too small for XLA (${reason})`);
  }
}

function addressFrom(value: unknown): Address {
  return typeof value === 'bigint' ? value : 0n;
}

async function importKoffi(): Promise<Koffi> {
  try {
    return (await import('koffi')).default;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new LimitationError(`the package koffi, which calls XLA, could not be loaded (${reason}). Install it with: npm install koffi`);
  }
}

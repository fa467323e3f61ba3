/** @file A loaded PJRT plugin: checks its version, finds its functions, calls them, and turns each PJRT_Error into an exception. */
import { LimitationError } from '../../../../compiler/diagnostics/internal-error.ts';
import { PjrtError } from './errors.ts';
import type { Address, Foreign, ForeignFunction, ForeignLibrary } from './foreign.ts';
import { ERROR_DESTROY, ERROR_GET_CODE, ERROR_MESSAGE, EVENT_AWAIT, EVENT_DESTROY, EVENT_IS_READY, PLUGIN_INITIALIZE } from './layouts.ts';
import { type Layout, Struct } from './structs.ts';

/** Places in PJRT_Api's table of functions. */
const PLACES = {
  Error_Destroy: 0,
  Error_Message: 1,
  Error_GetCode: 2,
  Plugin_Initialize: 3,
  Event_Destroy: 5,
  Event_IsReady: 6,
  Event_Await: 8,
  Client_Create: 10,
  Client_Destroy: 11,
  Client_PlatformName: 12,
  Client_PlatformVersion: 14,
  Client_AddressableDevices: 16,
  Client_Compile: 20,
  Client_BufferFromHostBuffer: 22,
  DeviceDescription_Id: 23,
  DeviceDescription_Kind: 26,
  Device_GetDescription: 29,
  Device_MemoryStats: 34,
  Executable_Destroy: 40,
  Executable_NumOutputs: 44,
  Executable_Serialize: 49,
  LoadedExecutable_Destroy: 50,
  LoadedExecutable_GetExecutable: 51,
  LoadedExecutable_Execute: 55,
  Executable_DeserializeAndLoad: 56,
  Buffer_Destroy: 58,
  Buffer_ToHostBuffer: 70,
  Buffer_OpaqueDeviceMemoryDataPointer: 76,
} as const;

export type PjrtFunction = keyof typeof PLACES;

/** PJRT_Api: its size, an extension pointer, PJRT_Api_Version (size, pointer, two ints), then the functions. */
const VERSION_SIZE_AT = 16;
const MAJOR_AT = 32;
const MINOR_AT = 36;
const FUNCTIONS_AT = 40;

/** The table of functions was rearranged in 0.57 (XLA's xla/pjrt/c/CHANGELOG.md); since then both it and the structs have only grown. */
export const OLDEST_MINOR = 57;

/** Opaque objects of a plugin are addresses. */
export type Handle = Address;

export class PjrtLibrary {
  readonly foreign: Foreign;
  readonly path: string;
  /** `0.115`. */
  readonly apiVersion: string;
  readonly #functions: ReadonlyMap<PjrtFunction, ForeignFunction>;

  private constructor(foreign: Foreign, path: string, api: { readonly version: string; readonly table: DataView }) {
    this.foreign = foreign;
    this.path = path;
    this.apiVersion = api.version;
    const found = new Map<PjrtFunction, ForeignFunction>();
    for (const [name, place] of Object.entries(PLACES) as [PjrtFunction, number][]) {
      const address = api.table.getBigUint64(FUNCTIONS_AT + 8 * place, true);
      if (address !== 0n) found.set(name, foreign.functionAt(address));
    }
    this.#functions = found;
  }

  /** Throws LimitationError when `path` is no library, no plugin, or one of a version that metac does not speak. */
  static open(foreign: Foreign, path: string): PjrtLibrary {
    const library = new PjrtLibrary(foreign, path, checkedApi(foreign, path, pointerToApi(loadLibrary(foreign, path), path)));
    library.call('Plugin_Initialize', new Struct(PLUGIN_INITIALIZE));
    return library;
  }

  /** On this thread: for what is known to return at once. Throws PjrtError. */
  call(name: PjrtFunction, struct: Struct<string>): void {
    this.#throwIfError(name, this.#function(name).call(struct.bytes));
  }

  /** On another thread, for what may take long. */
  async callAside(name: PjrtFunction, struct: Struct<string>): Promise<void> {
    this.#throwIfError(name, await this.#function(name).callAside(struct.bytes));
  }

  /** Reads a `const char *` with its length. */
  text<F extends string>(layout: Layout<F | 'text' | 'text_size'>, name: PjrtFunction, of: F, handle: Handle): string {
    const struct = new Struct<F | 'text' | 'text_size'>(layout).set(of, handle);
    this.call(name, struct);
    return this.#string(struct.pointer('text'), struct.number('text_size'));
  }

  /**
   * Waits for an event without holding up this thread, then destroys it. Throws PjrtError when what it stands for failed. `after`, however
   * it ends, is waited for first.
   */
  async settled(event: Handle, after?: Promise<unknown>): Promise<void> {
    try {
      await after?.catch(() => undefined);
      const ready = new Struct(EVENT_IS_READY).set('event', event);
      for (const patience = performance.now() + LOOKING; ; await nextTurn()) {
        this.call('Event_IsReady', ready);
        if (ready.number('is_ready') !== 0 || performance.now() > patience) break;
      }
      const wait = new Struct(EVENT_AWAIT).set('event', event);
      if (ready.number('is_ready') !== 0) this.call('Event_Await', wait);
      else await this.callAside('Event_Await', wait);
    } finally {
      this.call('Event_Destroy', new Struct(EVENT_DESTROY).set('event', event));
    }
  }

  /** The same for an event that is known to be ready: waits on this thread. */
  settledNow(event: Handle): void {
    try {
      this.call('Event_Await', new Struct(EVENT_AWAIT).set('event', event));
    } finally {
      this.call('Event_Destroy', new Struct(EVENT_DESTROY).set('event', event));
    }
  }

  #string(address: Address, bytes: number): string {
    return new TextDecoder().decode(this.foreign.copy(address, bytes));
  }

  #function(name: PjrtFunction): ForeignFunction {
    const found = this.#functions.get(name);
    if (found === undefined) throw new LimitationError(`the PJRT plugin ${this.path} lacks PJRT_${name}`);
    return found;
  }

  #throwIfError(name: PjrtFunction, error: Address): void {
    if (error === 0n) return;
    const code = new Struct(ERROR_GET_CODE).set('error', error);
    const message = new Struct(ERROR_MESSAGE).set('error', error);
    // Destroying an error cannot fail, and asking for its code must not lead here again.
    this.#function('Error_GetCode').call(code.bytes);
    this.#function('Error_Message').call(message.bytes);
    const text = this.#string(message.pointer('message'), message.number('message_size'));
    this.#function('Error_Destroy').call(new Struct(ERROR_DESTROY).set('error', error).bytes);
    throw new PjrtError(`PJRT_${name}`, code.number('code'), text);
  }
}

/** Milliseconds for which an event is looked at again at each turn of the event loop. To wait on another thread costs about 0.1. */
const LOOKING = 0.1;

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function loadLibrary(foreign: Foreign, path: string): ForeignLibrary {
  try {
    return foreign.load(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^Failed to load shared library: /, '') : String(error);
    throw new LimitationError(`the PJRT plugin ${path} could not be loaded: ${reason}`);
  }
}

function pointerToApi(library: ForeignLibrary, path: string): Address {
  let api: Address;
  try {
    api = library.callForPointer('GetPjrtApi');
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new LimitationError(`${path} is a library, but no PJRT plugin: it does not export GetPjrtApi`);
  }
  if (api === 0n) throw new LimitationError(`the PJRT plugin ${path} gives no table of functions (GetPjrtApi returned null)`);
  return api;
}

/** Exported for tests with tables of their own. */
export function checkedApi(foreign: Foreign, path: string, api: Address): { readonly version: string; readonly table: DataView } {
  const head = new DataView(foreign.copy(api, FUNCTIONS_AT).buffer);
  const size = Number(head.getBigUint64(0, true));
  const versionSize = Number(head.getBigUint64(VERSION_SIZE_AT, true));
  const major = head.getInt32(MAJOR_AT, true);
  const minor = head.getInt32(MINOR_AT, true);
  const version = `${major}.${minor}`;
  const spoken = `metac speaks 0.${OLDEST_MINOR} and later versions 0.x`;
  // Before the size of the version is known to be the usual one, the version itself means nothing.
  if (versionSize < MINOR_AT + 4 - VERSION_SIZE_AT || major !== 0) {
    throw new LimitationError(
      `the PJRT plugin ${path} is too new: it speaks version ${version} of the PJRT C API; ${spoken}. Look for a newer metac`,
    );
  }
  const needed = FUNCTIONS_AT + 8 * (Math.max(...Object.values(PLACES)) + 1);
  if (minor < OLDEST_MINOR || size < needed) {
    throw new LimitationError(
      `the PJRT plugin ${path} is too old: it speaks version ${version} of the PJRT C API; ${spoken}. Install a newer plugin (\`metac engines install xla-cpu\`, or a newer jax)`,
    );
  }
  return { version, table: new DataView(foreign.copy(api, size).buffer) };
}

/** @file Compiled programs on the devices of a client: compiled from text or loaded from bytes, executed, serialised, destroyed. */
import { InternalError } from '../../../../compiler/diagnostics/internal-error.ts';
import type { PjrtClient } from './client.ts';
import {
  CLIENT_COMPILE,
  EXECUTABLE_DESERIALIZE_AND_LOAD,
  EXECUTABLE_DESTROY,
  EXECUTABLE_NUM_OUTPUTS,
  EXECUTABLE_SERIALIZE,
  EXECUTE_OPTIONS,
  LOADED_EXECUTABLE_DESTROY,
  LOADED_EXECUTABLE_EXECUTE,
  LOADED_EXECUTABLE_GET_EXECUTABLE,
  PROGRAM,
} from './layouts.ts';
import type { Handle } from './library.ts';
import { keepAlive, Struct } from './structs.ts';

/** What a call gives, device by device. The buffers are the caller's to destroy. */
export interface Executed {
  readonly outputs: readonly (readonly Handle[])[];
  /** Rejects with a PjrtError when the computation fails on any device. */
  readonly done: Promise<void>;
}

const MLIR = new TextEncoder().encode('mlir');

export class LoadedExecutable {
  readonly #client: PjrtClient;
  readonly #outputs: number;
  #handle: Handle;

  private constructor(client: PjrtClient, handle: Handle) {
    this.#client = client;
    this.#handle = handle;
    client.executables.made++;
    this.#outputs = this.#withPlain((plain) => {
      const count = new Struct(EXECUTABLE_NUM_OUTPUTS).set('executable', plain);
      client.library.call('Executable_NumOutputs', count);
      return count.number('num_outputs');
    });
  }

  /** `text`: a StableHLO module. `options`: a CompileOptionsProto. Throws PjrtError. */
  static async compile(client: PjrtClient, text: string, options: Uint8Array): Promise<LoadedExecutable> {
    const { foreign } = client.library;
    const code = new TextEncoder().encode(text);
    const program = new Struct(PROGRAM).point('code', code, foreign).set('code_size', code.length);
    program.point('format', MLIR, foreign).set('format_size', MLIR.length);
    const compile = new Struct(CLIENT_COMPILE)
      .set('client', client.handle)
      .point('program', program.bytes, foreign)
      .point('compile_options', options, foreign)
      .set('compile_options_size', options.length);
    await client.library.callAside('Client_Compile', compile);
    keepAlive([program, compile]);
    return new LoadedExecutable(client, compile.pointer('executable'));
  }

  /** `bytes` must come from `serialize` with this very plugin. Throws PjrtError. */
  static async load(client: PjrtClient, bytes: Uint8Array): Promise<LoadedExecutable> {
    const load = new Struct(EXECUTABLE_DESERIALIZE_AND_LOAD)
      .set('client', client.handle)
      .point('serialized_executable', bytes, client.library.foreign)
      .set('serialized_executable_size', bytes.length);
    await client.library.callAside('Executable_DeserializeAndLoad', load);
    keepAlive(load);
    return new LoadedExecutable(client, load.pointer('loaded_executable'));
  }

  /** Throws PjrtError, of code UNIMPLEMENTED where the plugin cannot. */
  serialize(): Uint8Array {
    const { library } = this.#client;
    return this.#withPlain((plain) => {
      const serialize = new Struct(EXECUTABLE_SERIALIZE).set('executable', plain);
      library.call('Executable_Serialize', serialize);
      try {
        return library.foreign.copy(serialize.pointer('serialized_bytes'), serialize.number('serialized_bytes_size'));
      } finally {
        library.foreign.release(serialize.pointer('serialized_executable_deleter'), serialize.pointer('serialized_executable'));
      }
    });
  }

  /**
   * Starts a call. `lists`: for each device, its arguments. `aside`: the call is made on another thread, because the plugin may compute
   * inside it. `device`: where an executable for any device runs. Throws PjrtError; then nothing was made.
   */
  async execute(lists: readonly (readonly Handle[])[], aside: boolean, device?: Handle): Promise<Executed> {
    const { library } = this.#client;
    const { foreign } = library;
    const given = lists.map((list) => BigUint64Array.from(list));
    const received = lists.map(() => new BigUint64Array(this.#outputs));
    const events = new BigUint64Array(lists.length);
    const addresses = (arrays: readonly BigUint64Array[]) => BigUint64Array.from(arrays, (array) => foreign.addressOf(array));
    const options = new Struct(EXECUTE_OPTIONS);
    const execute = new Struct(LOADED_EXECUTABLE_EXECUTE)
      .set('executable', this.#open())
      .set('num_devices', lists.length)
      .set('num_args', lists[0]?.length ?? 0)
      .point('options', options.bytes, foreign)
      .point('argument_lists', addresses(given), foreign)
      .point('output_lists', addresses(received), foreign)
      .point('device_complete_events', events, foreign)
      .set('execute_device', device ?? 0n);
    if (aside) await library.callAside('LoadedExecutable_Execute', execute);
    else library.call('LoadedExecutable_Execute', execute);
    keepAlive([execute, options, given]);
    const settled = [...events].map((event) => library.settled(event));
    return { outputs: received.map((list) => [...list]), done: allSettled(settled) };
  }

  destroy(): void {
    if (this.#handle === 0n) return;
    this.#client.library.call('LoadedExecutable_Destroy', new Struct(LOADED_EXECUTABLE_DESTROY).set('executable', this.#handle));
    this.#handle = 0n;
    this.#client.executables.destroyed++;
  }

  #open(): Handle {
    if (this.#handle === 0n) throw new InternalError('an executable is used after it was destroyed');
    return this.#handle;
  }

  /** The executable as it is before it is loaded onto devices: PJRT answers questions about that one only. */
  #withPlain<T>(use: (plain: Handle) => T): T {
    const { library } = this.#client;
    const get = new Struct(LOADED_EXECUTABLE_GET_EXECUTABLE).set('loaded_executable', this.#open());
    library.call('LoadedExecutable_GetExecutable', get);
    const plain = get.pointer('executable');
    try {
      return use(plain);
    } finally {
      library.call('Executable_Destroy', new Struct(EXECUTABLE_DESTROY).set('executable', plain));
    }
  }
}

/** Waits for all of them, whatever happens to the others, then throws the first failure. */
async function allSettled(promises: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(promises);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** @file A PJRT client: the devices of one plugin, and the objects that it made. Counts what it makes and destroys. */
import { InternalError, LimitationError } from '../../../../compiler/diagnostics/internal-error.ts';
import { firstLines, PjrtError } from './errors.ts';
import {
  CLIENT_ADDRESSABLE_DEVICES,
  CLIENT_CREATE,
  CLIENT_DESTROY,
  CLIENT_PLATFORM_NAME,
  CLIENT_PLATFORM_VERSION,
  DEVICE_DESCRIPTION_ID,
  DEVICE_DESCRIPTION_KIND,
  DEVICE_GET_DESCRIPTION,
  DEVICE_MEMORY_STATS,
  NAMED_VALUE,
  NAMED_VALUE_TYPE,
} from './layouts.ts';
import type { Handle, PjrtLibrary } from './library.ts';
import { Struct } from './structs.ts';

export interface PjrtDevice {
  readonly handle: Handle;
  readonly id: number;
  /** `NVIDIA H100 80GB HBM3`, `cpu`. */
  readonly kind: string;
}

export interface DeviceMemory {
  readonly bytesInUse: number;
  /** Undefined where the device names no limit. */
  readonly bytesLimit: number | undefined;
}

/** Value of a create option. An array of whole numbers is a list of int64. */
export type ClientOption = string | number | boolean | readonly number[];

/** How many objects of a kind were made and destroyed. */
export interface Tally {
  made: number;
  destroyed: number;
}

export class PjrtClient {
  readonly library: PjrtLibrary;
  /** `cpu`, `cuda`, `rocm`, `tpu`; lower case. */
  readonly platform: string;
  readonly platformVersion: string;
  readonly devices: readonly PjrtDevice[];
  readonly buffers: Tally = { made: 0, destroyed: 0 };
  readonly executables: Tally = { made: 0, destroyed: 0 };
  readonly #handle: Handle;
  #open = true;

  private constructor(library: PjrtLibrary, handle: Handle) {
    this.library = library;
    this.#handle = handle;
    this.platform = library.text(CLIENT_PLATFORM_NAME, 'Client_PlatformName', 'client', handle).toLowerCase();
    this.platformVersion = library.text(CLIENT_PLATFORM_VERSION, 'Client_PlatformVersion', 'client', handle);
    this.devices = devicesOf(library, handle);
  }

  /** `options`: create options of the plugin, such as `cpu_device_count`. Throws LimitationError when there is no device for it. */
  static async create(library: PjrtLibrary, options: ReadonlyMap<string, ClientOption>): Promise<PjrtClient> {
    const create = new Struct(CLIENT_CREATE);
    if (options.size > 0) setOptions(library, create, options);
    try {
      await library.callAside('Client_Create', create);
    } catch (error) {
      if (!(error instanceof PjrtError)) throw error;
      // Of any code: no device, no driver, a device that others hold. Nothing of ours has come into play yet.
      throw new LimitationError(`the PJRT plugin ${library.path} does not start: ${firstLines(error.message)}`);
    }
    return new PjrtClient(library, create.pointer('client'));
  }

  get handle(): Handle {
    if (!this.#open) throw new InternalError('a PJRT client is used after it was destroyed');
    return this.#handle;
  }

  /** Undefined where the plugin does not say. */
  memoryOf(device: PjrtDevice): DeviceMemory | undefined {
    const stats = new Struct(DEVICE_MEMORY_STATS).set('device', device.handle);
    try {
      this.library.call('Device_MemoryStats', stats);
    } catch (error) {
      if (error instanceof PjrtError && error.code === 'UNIMPLEMENTED') return undefined;
      throw error;
    }
    const limit = stats.number('bytes_limit_is_set') !== 0 ? stats.number('bytes_limit') : undefined;
    return { bytesInUse: stats.number('bytes_in_use'), bytesLimit: limit };
  }

  destroy(): void {
    if (!this.#open) return;
    this.#open = false;
    this.library.call('Client_Destroy', new Struct(CLIENT_DESTROY).set('client', this.#handle));
  }
}

function devicesOf(library: PjrtLibrary, client: Handle): PjrtDevice[] {
  const list = new Struct(CLIENT_ADDRESSABLE_DEVICES).set('client', client);
  library.call('Client_AddressableDevices', list);
  const handles = new BigUint64Array(library.foreign.copy(list.pointer('devices'), 8 * list.number('num_devices')).buffer);
  return [...handles].map((handle) => {
    const description = new Struct(DEVICE_GET_DESCRIPTION).set('device', handle);
    library.call('Device_GetDescription', description);
    const id = new Struct(DEVICE_DESCRIPTION_ID).set('description', description.pointer('description'));
    library.call('DeviceDescription_Id', id);
    const kind = library.text(DEVICE_DESCRIPTION_KIND, 'DeviceDescription_Kind', 'description', description.pointer('description'));
    return { handle, id: id.number('id'), kind };
  });
}

/** Gives `create` an array of PJRT_NamedValue. */
function setOptions(library: PjrtLibrary, create: Struct<string>, options: ReadonlyMap<string, ClientOption>): void {
  const encoder = new TextEncoder();
  const parts = [...options].map(([name, value]) => {
    const struct = new Struct(NAMED_VALUE, 0).set('value_size', 1);
    const bytes = encoder.encode(name);
    struct.point('name', bytes, library.foreign).set('name_size', bytes.length);
    if (typeof value === 'string') {
      const text = encoder.encode(value);
      struct.set('type', NAMED_VALUE_TYPE.string).point('value', text, library.foreign).set('value_size', text.length);
    } else if (typeof value === 'object') {
      const list = BigInt64Array.from(value, BigInt);
      struct.set('type', NAMED_VALUE_TYPE.int64List).point('value', list, library.foreign).set('value_size', list.length);
    } else if (typeof value === 'boolean') struct.set('type', NAMED_VALUE_TYPE.bool).set('value', Number(value));
    else struct.set('type', NAMED_VALUE_TYPE.int64).set('value', value);
    return struct;
  });
  const array = Buffer.concat(parts.map(({ bytes }) => bytes));
  create
    .point('create_options', array, library.foreign)
    .set('num_options', parts.length)
    .keep(...parts);
}

/** @file Tensors on a device: made from host data, copied back, destroyed. Each is made once and destroyed once; the client counts. */
import { InternalError } from '../../../../compiler/diagnostics/internal-error.ts';
import { sizeOf, type TensorType } from '../../../../compiler/ir/tensor-type.ts';
import type { Tensor, TensorData } from '../../../tensor.ts';
import type { PjrtClient, PjrtDevice } from './client.ts';
import {
  BUFFER_DATA_POINTER,
  BUFFER_DESTROY,
  BUFFER_TO_HOST_BUFFER,
  BUFFER_TYPE,
  CLIENT_BUFFER_FROM_HOST_BUFFER,
  IMMUTABLE_ONLY_DURING_CALL,
  IMMUTABLE_UNTIL_TRANSFER_COMPLETES,
  TILED_MEMORY_LAYOUT,
} from './layouts.ts';
import type { Handle } from './library.ts';
import { keepAlive, Struct } from './structs.ts';

/** float32, int32, and bytes for bool and uint8. */
export type DeviceData = Exclude<TensorData, Float64Array>;

export class DeviceBuffer {
  readonly type: TensorType;
  readonly #client: PjrtClient;
  #handle: Handle;
  /** Copies under way; the buffer is kept for them. */
  #readers = 0;
  #wanted = true;

  /** Takes over a buffer that the plugin made. */
  constructor(client: PjrtClient, type: TensorType, handle: Handle) {
    this.type = type;
    this.#client = client;
    this.#handle = handle;
    client.buffers.made++;
  }

  get handle(): Handle {
    if (this.#handle === 0n) throw new InternalError('a device buffer is used after it was destroyed');
    return this.#handle;
  }

  /** A buffer that was donated to a call is destroyed all the same: its memory is the call's by then. */
  destroy(): void {
    this.#wanted = false;
    if (this.#handle === 0n || this.#readers > 0) return;
    this.#client.library.call('Buffer_Destroy', new Struct(BUFFER_DESTROY).set('buffer', this.#handle));
    this.#handle = 0n;
    this.#client.buffers.destroyed++;
  }

  /**
   * A copy on the host, once what computes the buffer has ended. The buffer may be destroyed as soon as this returns, and donated too if
   * `done` is not given. `done`: ends with the computation.
   */
  toHost(done?: Promise<void>): Promise<Tensor> {
    const { dtype, shape } = this.type;
    if (done !== undefined && this.#client.platform === 'cpu') return this.#fromMemory(done);
    const { library } = this.#client;
    const data = allocateFor(this.type);
    const struct = new Struct(BUFFER_TO_HOST_BUFFER).set('src', this.handle).set('dst_size', data.byteLength);
    const layout = rowMajor(this.#client, shape.length);
    struct.point('dst', data, library.foreign).point('host_layout', layout.bytes, library.foreign).keep(layout);
    library.call('Buffer_ToHostBuffer', struct);
    return library.settled(struct.pointer('event'), done).then(() => ({ dtype, shape, data }));
  }

  /** What a CPU computed lies in memory: to copy it from there takes a microsecond, where a transfer wakes two threads. */
  async #fromMemory(done: Promise<void>): Promise<Tensor> {
    const { library } = this.#client;
    this.#readers++;
    try {
      await done;
      const struct = new Struct(BUFFER_DATA_POINTER).set('buffer', this.#handle);
      library.call('Buffer_OpaqueDeviceMemoryDataPointer', struct);
      const { dtype, shape } = this.type;
      const bytes = sizeOf(shape) * BYTES_OF[dtype];
      const memory = library.foreign.copy(struct.pointer('device_memory_ptr'), bytes).buffer;
      return {
        dtype,
        shape,
        data: dtype === 'float' ? new Float32Array(memory) : dtype === 'int' ? new Int32Array(memory) : new Uint8Array(memory),
      };
    } finally {
      this.#readers--;
      if (!this.#wanted) this.destroy();
    }
  }
}

const BYTES_OF = { float: 4, int: 4, bool: 1, uint8: 1 } as const;

/** Copies `data` to a device. `data` must not change until `sent`. */
export function toDevice(
  client: PjrtClient,
  device: PjrtDevice,
  type: TensorType,
  data: DeviceData,
): { readonly buffer: DeviceBuffer; readonly sent: Promise<void> } {
  const { library } = client;
  const small = data.byteLength <= COPIED_AT_ONCE;
  const struct = transferOf(client, device, type, data, small ? IMMUTABLE_ONLY_DURING_CALL : IMMUTABLE_UNTIL_TRANSFER_COMPLETES);
  library.call('Client_BufferFromHostBuffer', struct);
  const buffer = new DeviceBuffer(client, type, struct.pointer('buffer'));
  const event = struct.pointer('done_with_host_buffer');
  if (small) {
    try {
      library.settledNow(event);
    } catch (error) {
      buffer.destroy();
      throw error;
    }
    return { buffer, sent: Promise.resolve() };
  }
  const sent = library.settled(event).then(() => keepAlive(data));
  return { buffer, sent };
}

/** The same for a data set: plugins copy inside the call, which another thread makes. `data` must not change before it ends. */
export async function sendAside(client: PjrtClient, device: PjrtDevice, type: TensorType, data: DeviceData): Promise<DeviceBuffer> {
  const { library } = client;
  const struct = transferOf(client, device, type, data, IMMUTABLE_UNTIL_TRANSFER_COMPLETES);
  await library.callAside('Client_BufferFromHostBuffer', struct);
  const buffer = new DeviceBuffer(client, type, struct.pointer('buffer'));
  try {
    await library.settled(struct.pointer('done_with_host_buffer'));
  } catch (error) {
    buffer.destroy();
    throw error;
  }
  keepAlive([data, struct]);
  return buffer;
}

function transferOf(client: PjrtClient, device: PjrtDevice, type: TensorType, data: DeviceData, semantics: number): Struct<string> {
  if (data.length !== sizeOf(type.shape)) throw new InternalError(`${data.length} elements for a buffer of [${type.shape.join(', ')}]`);
  const { foreign } = client.library;
  return new Struct(CLIENT_BUFFER_FROM_HOST_BUFFER)
    .set('client', client.handle)
    .set('type', BUFFER_TYPE[type.dtype])
    .set('num_dims', type.shape.length)
    .set('host_buffer_semantics', semantics)
    .set('device', device.handle)
    .point('data', data, foreign)
    .point('dims', BigInt64Array.from(type.shape, BigInt), foreign);
}

/** Bytes below which the plugin's own copy costs less than to hear of the transfer's end. */
const COPIED_AT_ONCE = 2 ** 16;

export function allocateFor(type: TensorType): DeviceData {
  const size = sizeOf(type.shape);
  return type.dtype === 'float' ? new Float32Array(size) : type.dtype === 'int' ? new Int32Array(size) : new Uint8Array(size);
}

/** Devices may keep tensors in orders of their own; the host's is row-major. */
function rowMajor(client: PjrtClient, rank: number): Struct<string> {
  const order = BigInt64Array.from({ length: rank }, (_, index) => BigInt(rank - 1 - index));
  return new Struct(TILED_MEMORY_LAYOUT, 0)
    .set('tiled_struct_size', TILED_BYTES)
    .point('minor_to_major', order, client.library.foreign)
    .set('minor_to_major_size', rank);
}

/** sizeof(PJRT_Buffer_MemoryLayout_Tiled). */
const TILED_BYTES = 56;

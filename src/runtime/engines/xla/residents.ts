/** @file Weights, state and data sets on each device that a session uses. Where there are several devices, each has all of them. */
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import type { Program } from '../../../compiler/ir/ir.ts';
import { printType, sameType, type TensorType } from '../../../compiler/ir/tensor-type.ts';
import type { Tensor, TensorData } from '../../tensor.ts';
import { requireType } from '../supplied.ts';
import { allocateFor, type DeviceBuffer, type DeviceData, sendAside, toDevice } from './pjrt/buffers.ts';
import type { PjrtClient, PjrtDevice } from './pjrt/client.ts';

interface Slot {
  readonly type: TensorType;
  /** Of every element, until something is written. */
  readonly initial: number;
  /** One for each device; undefined before its first use. */
  readonly buffers: (DeviceBuffer | undefined)[];
}

export class Residents {
  readonly #client: PjrtClient;
  readonly #devices: readonly PjrtDevice[];
  readonly #slots = new Map<string, Slot>();

  constructor(client: PjrtClient, devices: readonly PjrtDevice[], program: Program) {
    this.#client = client;
    this.#devices = devices;
    for (const { name, type } of program.weights) this.#declare(name, type, 0);
    for (const { name, type, initial } of program.state) this.#declare(name, type, initial);
    for (const { inputs } of program.functions) {
      for (const input of inputs) if (input.kind === 'data') this.#declare(input.name, input.type, 0);
    }
  }

  has(name: string): boolean {
    return this.#slots.has(name);
  }

  /** The tensor on a device, by the device's place in the list. */
  async buffer(name: string, device: number): Promise<DeviceBuffer> {
    const slot = this.#slot(name);
    const known = slot.buffers[device];
    if (known !== undefined) return known;
    const data = allocateFor(slot.type);
    data.fill(slot.initial);
    return this.#send(slot, data, device);
  }

  /** Takes over what a call made; the tensor before it is destroyed. */
  replace(name: string, device: number, buffer: DeviceBuffer): void {
    const { buffers } = this.#slot(name);
    buffers[device]?.destroy();
    buffers[device] = buffer;
  }

  /** Every device gets the tensor. */
  async write(name: string, tensor: Tensor): Promise<void> {
    const slot = this.#slot(name);
    requireType(name, slot.type, tensor);
    const data = narrowed(tensor.data);
    await Promise.all(this.#devices.map((_, device) => this.#send(slot, data, device)));
  }

  clear(): void {
    for (const { buffers } of this.#slots.values()) for (const buffer of buffers.splice(0)) buffer?.destroy();
  }

  async #send(slot: Slot, data: DeviceData, device: number): Promise<DeviceBuffer> {
    const place = this.#devices[device] as PjrtDevice;
    const keep = (buffer: DeviceBuffer): DeviceBuffer => {
      slot.buffers[device]?.destroy();
      slot.buffers[device] = buffer;
      return buffer;
    };
    if (data.byteLength > SENT_ASIDE) return keep(await sendAside(this.#client, place, slot.type, data));
    const { buffer, sent } = toDevice(this.#client, place, slot.type, data);
    keep(buffer);
    await sent;
    return buffer;
  }

  #declare(name: string, type: TensorType, initial: number): void {
    const known = this.#slots.get(name);
    if (known !== undefined && !sameType(known.type, type))
      throw new InternalError(`'${name}' is ${printType(known.type)} and ${printType(type)}`);
    if (known === undefined) this.#slots.set(name, { type, initial, buffers: this.#devices.map(() => undefined) });
  }

  #slot(name: string): Slot {
    const slot = this.#slots.get(name);
    if (slot === undefined) throw new InternalError(`the session has no tensor '${name}'`);
    return slot;
  }
}

/** Bytes from which a copy takes milliseconds. */
const SENT_ASIDE = 2 ** 24;

/** Elements as a device takes them: floats as float32. */
export function narrowed(data: TensorData): DeviceData {
  return data instanceof Float64Array ? Float32Array.from(data) : data;
}

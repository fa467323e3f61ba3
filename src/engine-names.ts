/** @file Names of engines and of kinds of devices, for whoever must not load the engines to know them. */

/** Fastest first: `auto` takes the first that works and finds itself fit. */
export const ENGINE_NAMES = ['xla', 'tfjs', 'onnx', 'reference'] as const;

export type EngineName = (typeof ENGINE_NAMES)[number];

/** Kinds of devices that `--device` names, by the engines that have them; an engine that is not here chooses for itself. */
export const DEVICES = {
  xla: ['cpu', 'cuda', 'rocm', 'tpu', 'metal'],
  onnx: ['cpu', 'webgpu', 'cuda'],
} as const satisfies { readonly [name in EngineName]?: readonly string[] };

export type DeviceName = (typeof DEVICES)[keyof typeof DEVICES][number];

export const DEVICE_NAMES: readonly DeviceName[] = ['cpu', 'webgpu', 'cuda', 'rocm', 'tpu', 'metal'];

export function devicesOf(name: EngineName): readonly DeviceName[] {
  return name === 'xla' || name === 'onnx' ? DEVICES[name] : [];
}

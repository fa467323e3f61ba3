/** @file A model of ONNX Runtime with what a call of it needs that does not change between calls. */
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import type { EntryFunction } from '../../../compiler/ir/ir.ts';
import type { TensorType } from '../../../compiler/ir/tensor-type.ts';

export interface PreparedEntry {
  readonly session: InferenceSession;
  readonly feeds: Record<string, OrtTensor>;
  readonly fetches: Record<string, OrtTensor | null>;
  readonly resident: readonly string[];
  readonly supplied: readonly { readonly name: string; readonly type: TensorType }[];
  /** Results that replace a resident tensor, and the outputs they come from. */
  readonly replaced: readonly { readonly name: string; readonly output: string }[];
  readonly returned: readonly { readonly name: string; readonly output: string; readonly type: TensorType }[];
}

/** Parameters that the function does not use are no inputs of the model. What the model returns is allocated by it until told. */
export function prepareEntry(
  entry: EntryFunction,
  session: InferenceSession,
  outputName: (result: string) => string,
  resident: { has(name: string): boolean },
): PreparedEntry {
  const used = new Set(session.inputNames);
  const results = entry.body.results.map(({ name, value }) => ({ name, output: outputName(name), type: value.type }));
  const replaced = results.filter(({ name }) => resident.has(name));
  const returned = results.filter(({ name }) => !resident.has(name));
  const known = [...entry.body.parameters.map(({ name }) => name), ...replaced.map(({ name }) => name)];
  return {
    session,
    feeds: {},
    fetches: Object.fromEntries(returned.map(({ output }) => [output, null])),
    resident: [...new Set(known)].filter((name) => used.has(name) && resident.has(name)),
    supplied: entry.body.parameters
      .filter(({ name }) => used.has(name) && !resident.has(name))
      .map(({ name, value }) => ({ name, type: value.type })),
    replaced,
    returned,
  };
}

/** @file `initialize`: every weight from standard draws. */
import type { Model } from '../check/model.ts';
import type { EntryFunction, Result } from '../ir/ir.ts';
import { EntryBuilder } from './entry.ts';

export function initializeEntry(model: Model): EntryFunction {
  const entry = new EntryBuilder(0, undefined);
  const { builder } = entry;
  const results = model.weights.map((weight): Result => {
    const { distribution, offset, scale } = weight.initial;
    const { shape } = weight.type;
    builder.source = weight.range;
    if (distribution === 'constant') return { name: weight.name, value: builder.constant(offset, shape) };
    const name = `initialize.${weight.name}`;
    const draw = entry.input({ kind: 'draw', name, type: weight.type, distribution, stream: name, perTask: false, tasks: undefined });
    const scaled = scale === 1 ? draw : builder.scale('multiply', draw, scale);
    return { name: weight.name, value: offset === 0 ? scaled : builder.scale('add', scaled, offset) };
  });
  return entry.finish('initialize', results);
}

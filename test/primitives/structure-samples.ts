/** @file Samples of scan: recurrences with carries, sequences and values that every step gets whole, in both directions. */
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import { hostArray } from '../../src/compiler/ir/host-array.ts';
import type { Func, Value } from '../../src/compiler/ir/ir.ts';
import { tensorType } from '../../src/compiler/ir/tensor-type.ts';
import { floats } from './draw.ts';
import { type SampleTable, sample } from './sample.ts';

function bodyOf(build: (b: FunctionBuilder) => readonly Value[]): Func {
  const b = new FunctionBuilder();
  return b.finish(build(b).map((value, index) => ({ name: `result${index}`, value })));
}

const product = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] };

/** h' = tanh(h @ w + x): an Elman network. Puts out h' * x, or nothing. */
function elman(outputs: boolean): Func {
  return bodyOf((b) => {
    const h = b.parameter('h', tensorType('float', [2, 3]));
    const x = b.parameter('x', tensorType('float', [2, 3]));
    const w = b.parameter('w', tensorType('float', [3, 3]));
    const next = b.unary('tanh', b.binary('add', b.emit('dot_general', [h, w], product), x));
    return outputs ? [next, b.binary('multiply', next, x)] : [next];
  });
}

/** Nothing is carried: every step is on its own. */
const separate = bodyOf((b) => {
  const x = b.parameter('x', tensorType('float', [3]));
  const w = b.parameter('w', tensorType('float', [3]));
  return [b.binary('multiply', b.unary('sine', x), w)];
});

/** Two carries that exchange places, one of them an int that counts; the other is used by the third step for the first time. */
const mixed = bodyOf((b) => {
  const count = b.parameter('count', tensorType('int', []));
  const left = b.parameter('left', tensorType('float', [2]));
  const right = b.parameter('right', tensorType('float', [2]));
  const factor = b.emit('convert', [count], { dtype: 'float' });
  const mix = b.binary('multiply', right, b.broadcast(factor, [2], []));
  return [b.scale('add', count, 1), mix, b.binary('add', left, b.unary('sine', right)), b.unary('tanh', left)];
});

/** A scan within a scan: the inner one runs over what every outer step gets whole. */
const nested = bodyOf((b) => {
  const h = b.parameter('h', tensorType('float', [2]));
  const x = b.parameter('x', tensorType('float', [2]));
  const inputs = b.parameter('inputs', tensorType('float', [3, 2]));
  const inner = bodyOf((i) => {
    const state = i.parameter('state', tensorType('float', [2]));
    const input = i.parameter('input', tensorType('float', [2]));
    const scale = i.parameter('scale', tensorType('float', [2]));
    return [i.unary('tanh', i.binary('add', i.binary('multiply', state, scale), input)), i.unary('sine', state)];
  });
  const attributes = { body: inner, length: 3, carries: 1, sequences: 1, reverse: false };
  const [last, states] = b.apply('scan', [h, inputs, x], attributes) as readonly [Value, Value];
  return [last, b.sum(states, [0])];
});

export const structureSamples: SampleTable<'scan'> = {
  scan: [
    sample<'scan'>('last carry', [floats([2, 3], 301), floats([4, 2, 3], 302), floats([3, 3], 303, -1, 1)], {
      body: elman(false),
      length: 4,
      carries: 1,
      sequences: 1,
      reverse: false,
    }),
    sample<'scan'>('carry and outputs, reversed', [floats([2, 3], 304), floats([3, 2, 3], 305), floats([3, 3], 306, -1, 1)], {
      body: elman(true),
      length: 3,
      carries: 1,
      sequences: 1,
      reverse: true,
    }),
    sample<'scan'>('no carry', [floats([4, 3], 307), floats([3], 308)], {
      body: separate,
      length: 4,
      carries: 0,
      sequences: 1,
      reverse: false,
    }),
    sample<'scan'>('no sequence, an int carried', [hostArray('int', [], [1]), floats([2], 309), floats([2], 310)], {
      body: mixed,
      length: 4,
      carries: 3,
      sequences: 0,
      reverse: false,
    }),
    sample<'scan'>('one within another', [floats([2], 311), floats([2, 2], 312, -1, 1), floats([3, 2], 313)], {
      body: nested,
      length: 2,
      carries: 1,
      sequences: 1,
      reverse: false,
    }),
    sample<'scan'>('one step', [floats([2, 3], 314), floats([1, 2, 3], 315), floats([3, 3], 316, -1, 1)], {
      body: elman(true),
      length: 1,
      carries: 1,
      sequences: 1,
      reverse: false,
    }),
  ],
};

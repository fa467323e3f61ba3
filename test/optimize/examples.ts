/** @file One small function per pass that shows what the pass is for. */
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import type { Func, Value } from '../../src/compiler/ir/ir.ts';
import { tensorType } from '../../src/compiler/ir/tensor-type.ts';
import { algebra } from '../../src/compiler/optimize/algebra.ts';
import { captures } from '../../src/compiler/optimize/captures.ts';
import { collectTerms } from '../../src/compiler/optimize/collect-terms.ts';
import { commonSubexpressions } from '../../src/compiler/optimize/common-subexpressions.ts';
import { constantFolding } from '../../src/compiler/optimize/constant-folding.ts';
import { convolutionRoles } from '../../src/compiler/optimize/convolution-roles.ts';
import { deadCode } from '../../src/compiler/optimize/dead-code.ts';
import { dotOperands } from '../../src/compiler/optimize/dot-operands.ts';
import { hoistBroadcasts } from '../../src/compiler/optimize/hoist-broadcasts.ts';
import { layouts } from '../../src/compiler/optimize/layouts.ts';
import type { Pass } from '../../src/compiler/optimize/pass.ts';
import { poolFirst } from '../../src/compiler/optimize/pool-first.ts';
import { productChains } from '../../src/compiler/optimize/product-chains.ts';
import { reductions } from '../../src/compiler/optimize/reductions.ts';
import { regroup } from '../../src/compiler/optimize/regroup.ts';
import { scalarFactors } from '../../src/compiler/optimize/scalar-factors.ts';
import { separateItems } from '../../src/compiler/optimize/separate-items.ts';
import { shapes } from '../../src/compiler/optimize/shapes.ts';
import { splitScans } from '../../src/compiler/optimize/split-scans.ts';
import { stopGradients } from '../../src/compiler/optimize/stop-gradients.ts';
import { sumsOfProducts } from '../../src/compiler/optimize/sums-of-products.ts';
import { updatedTables } from '../../src/compiler/optimize/updated-tables.ts';
import { windows } from '../../src/compiler/optimize/windows.ts';

export interface Example {
  readonly pass: Pass;
  readonly about: string;
  readonly f: Func;
}

type Parameters = (name: string, ...shape: readonly number[]) => Value;

function example(pass: Pass, about: string, build: (b: FunctionBuilder, parameter: Parameters) => Value): Example {
  const b = new FunctionBuilder();
  const result = build(b, (name, ...shape) => b.parameter(name, tensorType('float', shape)));
  return { pass, about, f: b.finish([{ name: 'result', value: result }]) };
}

const pool = { window: [1, 1, 2, 2], strides: [1, 1, 2, 2] } as const;
const same = { strides: [1, 1], lhsDilation: [1, 1], rhsDilation: [1, 1], groups: 1 } as const;
const plain = {
  ...same,
  padding: [
    [1, 1],
    [1, 1],
  ] as readonly (readonly [number, number])[],
};

/** Per-channel vector to [images, channels, height, width]. */
function perChannel(b: FunctionBuilder, vector: Value, like: Value): Value {
  return b.broadcast(vector, like.type.shape, [1]);
}

/** Two convolutions with channels last around them, and batch-norm-like work between. */
function channelsLast(b: FunctionBuilder, p: Parameters): Value {
  const first = b.emit('convolution', [b.transpose(p('images', 5, 8, 8, 3), [0, 3, 1, 2]), p('kernel1', 4, 3, 3, 3)], plain);
  const x = b.transpose(first, [0, 2, 3, 1]);
  const mean = b.scale('multiply', b.sum(x, [0, 1, 2]), 1 / 320);
  const centred = b.binary('subtract', x, b.broadcast(mean, x.type.shape, [3]));
  const active = b.scale('maximum', centred, 0);
  const second = b.emit('convolution', [b.transpose(active, [0, 3, 1, 2]), p('kernel2', 6, 4, 3, 3)], plain);
  return b.transpose(second, [0, 2, 3, 1]);
}

/** batch norm's affine part, relu, 2 x 2 max-pool. */
function normalisedPool(b: FunctionBuilder, p: Parameters): Value {
  const x = p('x', 5, 4, 8, 8);
  const scaled = b.binary('multiply', x, perChannel(b, p('scale', 4), x));
  const shifted = b.binary('add', scaled, perChannel(b, p('shift', 4), x));
  const active = b.scale('maximum', shifted, 0);
  return b.emit('window_take', [active, b.emit('window_argmax', [active], pool)], pool);
}

/** A gradient whose body sees zeros and a repeated vector of the function around it. */
function region(b: FunctionBuilder, p: Parameters): Value {
  const weights = p('weights', 5, 3);
  const zeros = b.constant(0, [5, 3]);
  const bias = b.broadcast(p('bias', 3), [5, 3], [1]);
  const body = new FunctionBuilder(b);
  const inner = body.parameter('weights', tensorType('float', [5, 3]));
  const loss = body.sum(body.binary('maximum', body.binary('add', inner, bias), zeros), [0, 1]);
  const closed = body.finish([{ name: 'loss', value: loss }]);
  return b.apply('gradient', [weights, ...body.captures], { body: closed, wrt: [0] })[1] as Value;
}

/** A recurrent network with a last layer, and the sum of what that gives. */
function recurrentNetwork(b: FunctionBuilder, p: Parameters): Value {
  const product = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] };
  const step = new FunctionBuilder();
  const [h, total, x, input, state, last] = (
    [
      ['h', [2, 3]],
      ['total', [2, 1]],
      ['x', [2, 4]],
      ['input', [4, 3]],
      ['state', [3, 3]],
      ['last', [3, 1]],
    ] as const
  ).map(([name, shape]) => step.parameter(name, tensorType('float', shape))) as [Value, Value, Value, Value, Value, Value];
  const fromInput = step.emit('dot_general', [x, step.unary('tanh', input)], product);
  const next = step.unary('tanh', step.binary('add', fromInput, step.emit('dot_general', [h, state], product)));
  const output = step.emit('dot_general', [next, last], product);
  const body = step.finish([
    { name: 'h', value: next },
    { name: 'total', value: step.binary('add', total, output) },
  ]);
  const operands = [p('h', 2, 3), b.constant(0, [2, 1]), p('x', 5, 2, 4), p('input', 4, 3), p('state', 3, 3), p('last', 3, 1)];
  return b.apply('scan', operands, { body, length: 5, carries: 2, sequences: 1, reverse: false })[1] as Value;
}

/** One layer of a network that sees the item and what it said before. */
function networkWithFeedback(b: FunctionBuilder, p: Parameters): Value {
  const step = new FunctionBuilder();
  const [h, x, w] = [
    step.parameter('h', tensorType('float', [3])),
    step.parameter('x', tensorType('float', [4])),
    step.parameter('w', tensorType('float', [7, 3])),
  ];
  const both = step.emit('concatenate', [x, h], { dimension: 0 });
  const product = step.emit('dot_general', [both, w], { lhsBatch: [], rhsBatch: [], lhsContract: [0], rhsContract: [0] });
  const body = step.finish([{ name: 'h', value: step.unary('tanh', product) }]);
  return b.emit('scan', [p('h', 3), p('x', 5, 4), p('w', 7, 3)], { body, length: 5, carries: 1, sequences: 1, reverse: false });
}

export const examples: readonly Example[] = [
  example(separateItems, 'a product with the item does not wait for the state', networkWithFeedback),
  example(
    splitScans,
    'the inputs of all steps are multiplied at once, and so is what the steps give; only the state waits',
    recurrentNetwork,
  ),
  example(captures, 'what a region captures is moved into it when it costs nothing: now it knows that zeros are zeros', region),
  example(deadCode, 'nobody needs the cosine', (b, p) => {
    const x = p('x', 3);
    b.unary('cosine', x);
    return b.unary('sine', x);
  }),
  example(stopGradients, 'the cut has done its work', (b, p) => b.unary('tanh', b.unary('stop_gradient', p('x', 3)))),
  example(constantFolding, 'a learning-rate schedule of numbers; weights by position', (b, p) => {
    const rate = b.binary('multiply', b.constant(0.1, [4]), b.unary('exponential', b.constant(0, [4])));
    const position = b.emit('iota', [], { dtype: 'float', shape: [4], dimension: 0 });
    return b.binary('multiply', p('x', 4), b.binary('multiply', rate, position));
  }),
  example(algebra, 'x * 1 + 0 - (-y) / 2, squared with power', (b, p) => {
    const x = p('x', 3);
    const half = b.scale('divide', b.unary('negate', p('y', 3)), 2);
    return b.scale('power', b.binary('subtract', b.scale('add', b.scale('multiply', x, 1), 0), half), 2);
  }),
  example(shapes, 'there and back again', (b, p) => {
    const x = b.transpose(b.reshape(p('x', 2, 12), [2, 3, 4]), [2, 0, 1]);
    const back = b.reshape(b.transpose(x, [1, 2, 0]), [2, 12]);
    const padded = b.emit('pad', [back], { low: [0, 1], high: [0, 1], interior: [0, 0] });
    return b.emit('slice', [padded], { start: [0, 1], limit: [2, 5], strides: [1, 1] });
  }),
  example(hoistBroadcasts, 'the tanh of five equal rows, and their sum', (b, p) => {
    const rows = b.broadcast(p('x', 3), [5, 3], [1]);
    return b.sum(b.binary('multiply', b.unary('tanh', rows), b.constant(2, [5, 3])), [0]);
  }),
  example(convolutionRoles, 'the derivative of a kernel gradient: a 3 x 3 image under a 28 x 28 kernel', (b, p) =>
    b.emit('convolution', [p('kernel', 4, 6, 3, 3), b.emit('reverse', [p('images', 5, 6, 28, 28)], { dimensions: [2, 3] })], {
      ...same,
      padding: [
        [26, 26],
        [26, 26],
      ],
    }),
  ),
  example(
    poolFirst,
    'the pool first, the affine part and relu on a quarter of the elements; a negative scale turns the order around',
    normalisedPool,
  ),
  example(windows, 'the gradient of a pool, scaled per channel and summed', (b, p) => {
    const x = p('x', 5, 4, 8, 8);
    const choice = b.emit('window_argmax', [x], pool);
    const put = b.emit('window_put', [p('updates', 5, 4, 4, 4), choice], { ...pool, shape: x.type.shape });
    const scaled = b.binary('multiply', put, perChannel(b, p('scale', 4), x));
    return b.sum(b.binary('multiply', scaled, x), [0, 2, 3]);
  }),
  example(regroup, 'two factors per channel become one; a division per element one per channel', (b, p) => {
    const x = p('x', 5, 4, 8, 8);
    const once = b.binary('multiply', x, perChannel(b, p('scale', 4), x));
    return b.binary('divide', once, perChannel(b, p('deviation', 4), x));
  }),
  example(collectTerms, 'z b + c + z b + d is z (2 b) + (c + d)', (b, p) => {
    const z = p('z', 5, 4, 8, 8);
    const term = b.binary('multiply', z, perChannel(b, p('b', 4), z));
    const other = b.binary('multiply', z, perChannel(b, p('b2', 4), z));
    const left = b.binary('add', term, perChannel(b, p('c', 4), z));
    return b.binary('add', left, b.binary('add', other, perChannel(b, p('d', 4), z)));
  }),
  example(reductions, 'the mean over 32 tasks of per-task gradients is one product', (b, p) => {
    const gradients = b.emit('dot_general', [p('inputs', 32, 10, 7), p('cotangents', 32, 10, 4)], {
      lhsBatch: [0],
      rhsBatch: [0],
      lhsContract: [1],
      rhsContract: [1],
    });
    return b.sum(b.scale('multiply', gradients, 1 / 32), [0]);
  }),
  example(productChains, 'a step of the weights is of low rank: 10 examples, 40 x 40 weights', (b, parameter) => {
    const batched = { lhsBatch: [0], rhsBatch: [0] };
    const step = b.emit('dot_general', [parameter('x', 5, 10, 40), parameter('dy', 5, 10, 40)], {
      ...batched,
      lhsContract: [1],
      rhsContract: [1],
    });
    return b.emit('dot_general', [parameter('query', 5, 10, 40), step], { ...batched, lhsContract: [2], rhsContract: [1] });
  }),
  example(updatedTables, 'weights after one inner step, which the query set goes through forwards and backwards', (b, parameter) => {
    const batched = { lhsBatch: [0], rhsBatch: [0] };
    const update = b.emit('dot_general', [parameter('x', 5, 4, 40), parameter('dy', 5, 4, 40)], {
      ...batched,
      lhsContract: [1],
      rhsContract: [1],
    });
    const adapted = b.binary('subtract', b.broadcast(parameter('w', 40, 40), [5, 40, 40], [1, 2]), b.scale('multiply', update, 0.01));
    const forwards = b.emit('dot_general', [parameter('query', 5, 10, 40), adapted], { ...batched, lhsContract: [2], rhsContract: [1] });
    return b.emit('dot_general', [b.unary('tanh', forwards), adapted], { ...batched, lhsContract: [2], rhsContract: [2] });
  }),
  example(sumsOfProducts, 'products of all pairs, summed', (b, p) => {
    const queries = b.broadcast(p('queries', 75, 64), [75, 5, 64], [0, 2]);
    const prototypes = b.broadcast(p('prototypes', 5, 64), [75, 5, 64], [1, 2]);
    return b.sum(b.binary('multiply', queries, prototypes), [2]);
  }),
  example(dotOperands, 'a transposed operand and one that is the same for every task', (b, p) =>
    b.emit('dot_general', [b.transpose(p('x', 8, 9, 25), [2, 1, 0]), b.broadcast(p('w', 8, 7), [25, 8, 7], [1, 2])], {
      lhsBatch: [0],
      rhsBatch: [0],
      lhsContract: [2],
      rhsContract: [1],
    }),
  ),
  example(scalarFactors, 'a rate that multiplies the smallest of the three', (b, p) =>
    b.emit('dot_general', [b.scale('multiply', p('x', 40, 40), 0.01), p('y', 40, 3)], {
      lhsBatch: [],
      rhsBatch: [],
      lhsContract: [1],
      rhsContract: [0],
    }),
  ),
  example(layouts, 'channels last in the language, channels first in convolutions: nothing between is transposed', channelsLast),
  example(commonSubexpressions, 'the same sum twice, in another order', (b, p) => {
    const [x, y] = [p('x', 3), p('y', 3)];
    return b.binary('multiply', b.unary('tanh', b.binary('add', x, y)), b.unary('tanh', b.binary('add', y, x)));
  }),
];

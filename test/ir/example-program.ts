/** @file A small program with every kind of declaration, for tests of what handles programs whole. */
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import type { Func, Program, Value } from '../../src/compiler/ir/ir.ts';
import { tensorType } from '../../src/compiler/ir/tensor-type.ts';

const scalar = tensorType('float', []);

function squaredError(): Func {
  const body = new FunctionBuilder();
  const [w, x] = [body.parameter('w', scalar), body.parameter('x', scalar)];
  const error = body.binary('subtract', w, x);
  return body.finish([{ name: 'loss', value: body.binary('multiply', error, error) }]);
}

/** One step of gradient descent per task; the rows of a data set and labels are taken along to have all kinds of input. */
function stepBody(): Func {
  const task = new FunctionBuilder();
  const [own, x] = [task.parameter('w', scalar), task.parameter('x', scalar)];
  task.source = { start: 10, end: 20 };
  const [loss, slope] = task.apply('gradient', [own, x], { body: squaredError(), wrt: [0] }) as [Value, Value];
  const region = task.finish([
    { name: 'loss', value: loss },
    { name: 'slope', value: slope },
  ]);

  const builder = new FunctionBuilder();
  const w = builder.parameter('net.w', scalar);
  const steps = builder.parameter('count', tensorType('int', []));
  const noise = builder.parameter('noise', tensorType('float', [2]));
  const rows = builder.parameter('rows', tensorType('int', [2, 1]));
  const images = builder.parameter('images', tensorType('uint8', [3, 2]));
  const [losses, slopes] = builder.apply('map_tasks', [w, noise], { body: region, mapped: [false, true], tasks: 2 }) as [Value, Value];
  const picked = builder.emit('gather', [images, rows], { axis: 0, batchDims: 0 });
  const pixels = builder.sum(builder.emit('convert', [picked], { dtype: 'float' }), [0, 1, 2]);
  builder.source = { start: 3, end: 8 };
  const odd = builder.emit('constant', [], { dtype: 'float', shape: [4], values: [Number.NaN, Infinity, -Infinity, -0] });
  return builder.finish([
    { name: 'loss', value: builder.sum(losses, [0]) },
    { name: 'net.w', value: builder.binary('subtract', w, builder.sum(slopes, [0])) },
    { name: 'count', value: builder.scale('add', steps, 1) },
    { name: 'pixels', value: pixels },
    { name: 'odd', value: odd },
  ]);
}

export function exampleProgram(): Program {
  const episodeShapes = [{ tasks: 'digits', ways: 1, shots: 1, queries: 0 }];
  return {
    format: 'metac-ir',
    version: 1,
    name: 'example',
    weights: [{ name: 'net.w', type: scalar }],
    state: [
      { name: 'count', type: tensorType('int', []), initial: 0 },
      { name: 'lowest', type: scalar, initial: Infinity },
    ],
    sources: [
      { name: 'waves', kind: 'generated', pool: 100 },
      {
        name: 'digits',
        kind: 'images',
        pool: 0,
        images: { dataset: 'omniglot', split: 'vinyals', resize: [28, 28], rotations: [0, 90], channels: 1 },
      },
    ],
    functions: [
      {
        name: 'step',
        body: stepBody(),
        tasks: 2,
        inputs: [
          {
            kind: 'draw',
            name: 'noise',
            type: tensorType('float', [2]),
            distribution: 'normal',
            stream: 'waves.noise',
            perTask: true,
            tasks: undefined,
          },
          { kind: 'examples', name: 'rows', type: tensorType('int', [2, 1]), tasks: 'digits', episode: 'first', part: 'support' },
          { kind: 'data', name: 'images', type: tensorType('uint8', [3, 2]), tasks: 'digits' },
        ],
      },
    ],
    train: [
      {
        name: 'train',
        batch: 2,
        steps: 10,
        step: 'step',
        accumulate: undefined,
        apply: undefined,
        episodeShapes,
        metrics: ['loss'],
        validate: { every: 5, episodes: 4, entry: 'step', episodeShapes, keep: undefined },
      },
    ],
    evaluate: { episodes: 4, entry: 'step', episodeShapes, reports: [{ label: 'loss', result: 'loss' }] },
    protocol: { order: 'second' },
  };
}

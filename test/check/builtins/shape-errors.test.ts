/** @file Calls whose shapes are wrong: the message, with both shapes and the names the file uses. */
import { expect, test } from 'vitest';
import { call, diagnosticOf, FakeContext, type Given, named, toMeaning } from './fake-context.ts';

type Build = (context: FakeContext) => { readonly positional: readonly Given[]; readonly named?: Readonly<Record<string, Given>> };

const zeros = (context: FakeContext, ...shape: (number | ReturnType<typeof named>)[]) => context.input(shape, [0]);
const queries = named(75, 'ways*queries');

const cases: readonly (readonly [string, string, Build, Readonly<Record<string, unknown>>])[] = [
  [
    'conv',
    'of flat input',
    (c) => ({ positional: [zeros(c, queries, 784), 64] }),
    { code: 'E0403', found: '[ways*queries = 75, 784]', expected: 'images [examples, height, width, channels]' },
  ],
  [
    'conv',
    'of small images without padding',
    (c) => ({ positional: [zeros(c, 1, 2, 2, 1), 4], named: { padding: 'valid' } }),
    { code: 'E0411', expected: 'at most 2 x 2', found: 'a kernel of 3 x 3' },
  ],
  [
    'conv',
    'in groups that do not divide',
    (c) => ({ positional: [zeros(c, 1, 8, 8, 3), 4], named: { groups: 2 } }),
    { code: 'E0412', title: '`groups` of `conv` does not divide the input channels' },
  ],
  [
    'conv',
    'with three strides',
    (c) => ({ positional: [zeros(c, 1, 8, 8, 3), 4], named: { stride: [1, 2, 3] } }),
    { code: 'E0355', expected: 'one number, or two: `3 x 3`' },
  ],
  ['max_pool', 'of images that are too small', (c) => ({ positional: [zeros(c, 1, 1, 1, 64)] }), { code: 'E0411', label: '[1, 1, 1, 64]' }],
  ['dense', 'of a scalar', (c) => ({ positional: [zeros(c), 3] }), { code: 'E0403', found: '[]' }],
  ['batch_norm', 'of a vector', (c) => ({ positional: [zeros(c, 3)], named: { mode: 'frozen' } }), { code: 'E0403' }],
  ['softmax', 'of a scalar', (c) => ({ positional: [zeros(c)] }), { code: 'E0403' }],
  [
    'mse',
    'of [n, 1] and [n]',
    (c) => ({ positional: [zeros(c, queries, 1), zeros(c, queries)] }),
    { code: 'E0404', found: '[ways*queries = 75, 1] and [ways*queries = 75]' },
  ],
  [
    'mse',
    'with class labels',
    (c) => ({ positional: [zeros(c, 2, 5), c.labels([0, 1], 5)] }),
    { code: 'E0404', hint: 'these targets are class labels: use `cross_entropy`, or compare with `one_hot(labels, ways)`' },
  ],
  [
    'cross_entropy',
    'with labels of another set',
    (c) => ({ positional: [zeros(c, queries, 5), c.labels(new Array<number>(5).fill(0), 5, [named(5, 'ways*shots')])] }),
    { code: 'E0409', found: 'predictions [ways*queries = 75, 5] and labels [ways*shots = 5]' },
  ],
  [
    'cross_entropy',
    'with real targets',
    (c) => ({ positional: [zeros(c, 4, 3), zeros(c, 4)] }),
    { code: 'E0410', found: 'real numbers [4]' },
  ],
  [
    'cross_entropy',
    'with too few outputs',
    (c) => ({ positional: [zeros(c, 2, 3), c.labels([0, 4], 5)] }),
    { code: 'E0415', expected: 'at least ways = 5 classes', found: '[2, 3]' },
  ],
  ['accuracy', 'of a scalar', (c) => ({ positional: [zeros(c), c.labels([1], 2)] }), { code: 'E0403' }],
  [
    'sum',
    'over an axis that is not there',
    (c) => ({ positional: [zeros(c, 4, 3)], named: { axis: 2 } }),
    { code: 'E0406', expected: 'an axis from 0 to 1, or from -1 (the last) to -2', found: '2' },
  ],
  ['argmax', 'of a scalar', (c) => ({ positional: [zeros(c)] }), { code: 'E0406', hint: 'leave `axis` out' }],
  ['cumulative_sum', 'of a scalar', (c) => ({ positional: [zeros(c)] }), { code: 'E0403' }],
  [
    'reshape',
    'to another size',
    (c) => ({ positional: [zeros(c, queries, 784), [28, 27]] }),
    { code: 'E0407', title: '[ways*queries = 75, 784] cannot be reshaped to [ways*queries = 75, 28, 27]', expected: '58800 elements' },
  ],
  ['reshape', 'with two open sizes', (c) => ({ positional: [zeros(c, 4, 6), [-1, -1]] }), { code: 'E0355' }],
  [
    'transpose',
    'by the same axis twice',
    (c) => ({ positional: [zeros(c, 4, 6), [0, 0]] }),
    { code: 'E0355', expected: 'each axis of [4, 6] once' },
  ],
  [
    'concat',
    'of different examples',
    (c) => ({ positional: [zeros(c, queries, 2), zeros(c, 5, 3)] }),
    { code: 'E0408', found: '[ways*queries = 75, 2] and [5, 3]' },
  ],
  ['stack', 'of different shapes', (c) => ({ positional: [zeros(c, 2), zeros(c, 3)] }), { code: 'E0408', expected: 'equal shapes' }],
  ['outer', 'of matrices', (c) => ({ positional: [zeros(c, 2, 2), zeros(c, 2)] }), { code: 'E0403' }],
  [
    'squared_distances',
    'of different features',
    (c) => ({ positional: [zeros(c, queries, 64), zeros(c, 5, 32)] }),
    { code: 'E0404', found: '[ways*queries = 75, 64] and [5, 32]' },
  ],
  ['cosine', 'of different features', (c) => ({ positional: [zeros(c, 4, 64), zeros(c, 32)] }), { code: 'E0404' }],
  [
    'class_means',
    'with labels of another set',
    (c) => ({ positional: [zeros(c, queries, 64), c.labels([0, 1], 5)] }),
    { code: 'E0409', expected: 'one label per example: [ways*queries = 75]' },
  ],
  [
    'class_means',
    'with unknown classes',
    (c) => ({ positional: [zeros(c, 2, 64), c.labels([0, 1], undefined)] }),
    { code: 'E0413', hint: 'say it: `class_means(…, classes: ways)`' },
  ],
  ['class_sums', 'with real labels', (c) => ({ positional: [zeros(c, 2, 64), zeros(c, 2)] }), { code: 'E0410' }],
  [
    'where',
    'of shapes that do not go together',
    (c) => ({ positional: [zeros(c, 2), zeros(c, 3), 0] }),
    { code: 'E0401', title: 'shapes do not match in `where`' },
  ],
  ['clip', 'between bounds that do not fit', (c) => ({ positional: [zeros(c, 2), zeros(c, 3), 0] }), { code: 'E0401' }],
  ['max', 'of a row and a column', (c) => ({ positional: [zeros(c, 2), zeros(c, 2, 1)] }), { code: 'E0402' }],
  ['kl', 'of a number and a text', () => ({ positional: [1, { kind: 'text', value: 'p' }] }), { code: 'E0355', found: 'the text "p"' }],
  [
    'half_squared_distance',
    'of a tensor and a text',
    () => ({ positional: [toMeaning(1), { kind: 'text', value: 'p' }] }),
    { code: 'E0355' },
  ],
];

test.each(cases)('%s %s', (name, _about, build, expected) => {
  const context = new FakeContext();
  const { positional, named: options } = build(context);
  const diagnostic = diagnosticOf(() => call(context, name, positional, options));
  expect(diagnostic).toMatchObject(expected);
  expect(diagnostic.hint ?? diagnostic.expected).toBeTruthy();
});

/** @file What is computed per class of a set: means and sums of examples, one-hot labels. */
import { classesUnknown, labelsAreNotClasses, labelsDoNotFit } from '../../diagnostics/catalogue/shapes.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { Value } from '../../ir/ir.ts';
import type { Arguments, Builtin, ParameterSpec } from '../builtin.ts';
import { dim, printDims } from '../dims.ts';
import type { Context, Dim, TensorMeaning } from '../meaning.ts';
import { requireRank, shapeAt } from './checks.ts';
import { shapeOf } from './dimensions.ts';
import { asFloat, oneHot, restoreAxes } from './numeric.ts';
import { countParameter, tensorParameter } from './parameters.ts';

const classesParameter: ParameterSpec = countParameter('classes', 'how many classes there are; known for labels of a tasks block', 'none');

/** How many classes the labels have. Throws E0413 when nothing says so. */
function classesOf(callee: string, values: Arguments, labels: string): Dim {
  const known = values.tensor(labels).classes;
  const given = values.has('classes') ? values.number('classes') : known?.size;
  if (given === undefined) throw new DiagnosticError(classesUnknown(callee, values.rangeOf(labels)));
  return known !== undefined && known.size === given ? known : dim(given);
}

interface PerClass {
  /** [classes, ...]. */
  readonly sums: Value;
  /** Examples of each class: [classes]. */
  readonly counts: Value;
  readonly dims: readonly Dim[];
}

/** Examples `x` [n, ...] with a class number for each, `y` [n]. Throws E0403, E0409, E0410 or E0413. */
function readExamples(callee: string, values: Arguments): { readonly x: TensorMeaning; readonly y: TensorMeaning; readonly classes: Dim } {
  requireRank(callee, values, 'x', 1, 'examples [n, ...]');
  const [x, y] = [values.tensor('x'), values.tensor('y')];
  const labelsAt = shapeAt(y, values.rangeOf('y'));
  const examples = x.dims[0] as Dim;
  if (y.dims.length !== 1 || y.dims[0]?.size !== examples.size)
    throw new DiagnosticError(
      labelsDoNotFit(callee, shapeAt(x, values.rangeOf('x')), labelsAt, `one label per example: ${printDims([examples])}`),
    );
  if (y.value.type.dtype === 'float') throw new DiagnosticError(labelsAreNotClasses(callee, labelsAt));
  return { x, y, classes: classesOf(callee, values, 'y') };
}

function sumPerClass(context: Context, callee: string, values: Arguments): PerClass {
  const { builder } = context;
  const { x, y, classes } = readExamples(callee, values);
  const member = oneHot(builder, y.value, classes.size);
  const sums = builder.emit('dot_general', [member, asFloat(builder, x.value)], {
    lhsBatch: [],
    rhsBatch: [],
    lhsContract: [0],
    rhsContract: [0],
  });
  return { sums, counts: builder.sum(member, [0]), dims: [classes, ...x.dims.slice(1)] };
}

const perClassParameters: readonly ParameterSpec[] = [
  tensorParameter('x', 'examples [n, ...]'),
  tensorParameter('y', 'class numbers [n]'),
  classesParameter,
];

const classMeans: Builtin = {
  name: 'class_means',
  category: 'set',
  summary:
    'Mean of the examples of each class: [n, ...] with labels [n] -> [classes, ...]; a class without examples gives 0. Prototypes of Snell et al. 2017.',
  parameters: perClassParameters,
  apply(context, values) {
    const { builder } = context;
    const { sums, counts, dims } = sumPerClass(context, 'class_means', values);
    const share = builder.binary('divide', builder.constant(1, counts.type.shape), builder.scale('maximum', counts, 1));
    const axes = dims.map((_, axis) => axis).slice(1);
    const value = builder.binary('multiply', sums, restoreAxes(builder, share, sums.type.shape, axes));
    return context.wrap(value, dims, [values.tensor('x'), values.tensor('y')]);
  },
};

const classSums: Builtin = {
  name: 'class_sums',
  category: 'set',
  summary: 'Sum of the examples of each class: [n, ...] with labels [n] -> [classes, ...].',
  parameters: perClassParameters,
  apply(context, values) {
    const { sums, dims } = sumPerClass(context, 'class_sums', values);
    return context.wrap(sums, dims, [values.tensor('x'), values.tensor('y')]);
  },
};

const oneHotBuiltin: Builtin = {
  name: 'one_hot',
  category: 'set',
  summary: '1 at the class number, 0 elsewhere: [...] -> [..., classes]; a number outside the classes gives zeros.',
  parameters: [tensorParameter('y', 'class numbers'), classesParameter],
  apply(context, values) {
    const y = values.tensor('y');
    const classes = classesOf('one_hot', values, 'y');
    const numbers = y.value.type.dtype === 'int' ? y.value : asFloat(context.builder, y.value);
    return context.wrap(oneHot(context.builder, numbers, classes.size), [...y.dims, classes], [y]);
  },
};

const instance: Builtin = {
  name: 'instance',
  category: 'set',
  summary:
    'The k-th example of each class, in their order: [n, ...] with labels [n] -> [classes, ...]; zeros for a class with fewer examples.',
  parameters: [
    tensorParameter('x', 'examples [n, ...]'),
    tensorParameter('y', 'class numbers [n]'),
    countParameter('k', 'which one, from 1'),
    classesParameter,
  ],
  apply(context, values) {
    const { builder } = context;
    const { x, y, classes } = readExamples('instance', values);
    const member = oneHot(builder, y.value, classes.size);
    const count = builder.emit('cumulative_sum', [member], { dimension: 0, reverse: false, exclusive: false });
    const isIt = builder.compare('EQ', builder.binary('multiply', count, member), builder.constant(values.number('k'), count.type.shape));
    const found = builder.emit('convert', [isIt], { dtype: 'int' });
    const dims = [classes, ...x.dims.slice(1)];
    const picked = builder.emit('gather', [x.value, builder.emit('arg_max', [found], { dimension: 0 })], { axis: 0, batchDims: 0 });
    const exists = builder.compare('GT', builder.sum(found, [0]), builder.constant(0, [classes.size], 'int'));
    const value = builder.select(builder.broadcast(exists, shapeOf(dims), [0]), picked, builder.zerosLike(picked));
    const result = context.wrap(value, dims, [x, y]);
    return x.classes === undefined ? result : { ...result, classes: x.classes };
  },
};

export const classBuiltins: readonly Builtin[] = [classMeans, classSums, oneHotBuiltin, instance];

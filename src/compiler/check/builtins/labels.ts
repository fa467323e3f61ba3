/** @file Class labels: reading them in both forms (class numbers, or probabilities per class) and checking them against predictions. */
import { classCountDiffers, labelsAreNotClasses, labelsDoNotFit } from '../../diagnostics/catalogue/shapes.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { Value } from '../../ir/ir.ts';
import { sameShape } from '../../ir/tensor-type.ts';
import type { Arguments } from '../builtin.ts';
import { printDims } from '../dims.ts';
import type { Context, Dim } from '../meaning.ts';
import { requireRank, shapeAt } from './checks.ts';
import { shapeOf } from './dimensions.ts';
import { asFloat, oneHot, rankOf, softmax } from './numeric.ts';
import { optionParameter } from './parameters.ts';

/** What the first argument of a classification loss or metric holds. */
export const fromParameter = optionParameter(
  'from',
  ['logits', 'probabilities'],
  'what the predictions are: `logits` go through softmax, `probabilities` are taken as they are',
  'logits',
);

/**
 * Whether `labels` are class numbers (int, the shape of the predictions without their last axis), as opposed to probabilities
 * of the predictions' own shape. Throws E0403, E0409, E0410 or E0415.
 */
export function labelsAreNumbers(callee: string, values: Arguments, predictions: string, labels: string): boolean {
  requireRank(callee, values, predictions, 1, 'predictions [examples, classes]');
  const [predicted, target] = [values.tensor(predictions), values.tensor(labels)];
  const labelsAt = shapeAt(target, values.rangeOf(labels));
  const numbersShape = predicted.dims.slice(0, -1);
  const classes = predicted.dims.at(-1) as Dim;
  if (sameShape(shapeOf(target.dims), shapeOf(numbersShape))) {
    if (target.value.type.dtype === 'float') throw new DiagnosticError(labelsAreNotClasses(callee, labelsAt));
    if (target.classes !== undefined && target.classes.size > classes.size)
      throw new DiagnosticError(
        classCountDiffers(callee, printDims([target.classes]).slice(1, -1), printDims(predicted.dims), values.rangeOf(predictions)),
      );
    return true;
  }
  // Probabilities of one class are always 1, and class numbers are no probabilities: neither is what was meant.
  if (sameShape(shapeOf(target.dims), shapeOf(predicted.dims)) && target.value.type.dtype !== 'int') {
    if (classes.size === 1) throw new DiagnosticError(labelsAreNotClasses(callee, labelsAt));
    return false;
  }
  throw new DiagnosticError(
    labelsDoNotFit(
      callee,
      shapeAt(predicted, values.rangeOf(predictions)),
      labelsAt,
      `${printDims(numbersShape)} class numbers, or probabilities ${printDims(predicted.dims)}`,
      target.dims.length === 1 && predicted.dims.length > 2 && target.dims[0]?.size === predicted.dims[0]?.size,
    ),
  );
}

/** Labels as probabilities [..., classes]. */
export function labelProbabilities(context: Context, callee: string, values: Arguments, predictions: string, labels: string): Value {
  const numbers = labelsAreNumbers(callee, values, predictions, labels);
  const target = values.tensor(labels).value;
  const classes = values.tensor(predictions).dims.at(-1) as Dim;
  return numbers ? oneHot(context.builder, target, classes.size) : asFloat(context.builder, target);
}

/** Labels as class numbers, int [...]. */
export function labelNumbers(context: Context, callee: string, values: Arguments, predictions: string, labels: string): Value {
  const numbers = labelsAreNumbers(callee, values, predictions, labels);
  const target = values.tensor(labels).value;
  if (!numbers) return context.builder.emit('arg_max', [asFloat(context.builder, target)], { dimension: rankOf(target) - 1 });
  return target.type.dtype === 'int' ? target : context.builder.emit('convert', [target], { dtype: 'int' });
}

/** Predictions as probabilities, as the argument `from` says. */
export function predictedProbabilities(context: Context, values: Arguments, predictions: string): Value {
  const value = asFloat(context.builder, values.tensor(predictions).value);
  return values.option('from') === 'logits' ? softmax(context.builder, value) : value;
}

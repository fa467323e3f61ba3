/** @file Messages about shapes and element types (E04xx). Shapes arrive printed, with the names the file uses: `[ways*queries = 75, 5]`. */
import type { SourceRange } from '../../ir/ir.ts';
import type { Diagnostic, RelatedPlace } from '../diagnostic.ts';

/** A printed shape and the place it belongs to. */
export interface ShapeAt {
  readonly shape: string;
  readonly range: SourceRange;
}

function sides(left: ShapeAt, right: ShapeAt): RelatedPlace[] {
  return [
    { range: left.range, message: `this is ${left.shape}` },
    { range: right.range, message: `this is ${right.shape}` },
  ];
}

function covering(left: SourceRange, right: SourceRange): SourceRange {
  return { start: Math.min(left.start, right.start), end: Math.max(left.end, right.end) };
}

export function shapesDoNotMatch(operation: string, left: ShapeAt, right: ShapeAt): Diagnostic {
  return {
    code: 'E0401',
    severity: 'error',
    title: `shapes do not match in ${operation}`,
    range: covering(left.range, right.range),
    label: `${left.shape} and ${right.shape}`,
    expected: 'sizes that agree from the right, or are 1 or absent on one side',
    found: `${left.shape} and ${right.shape}`,
    hint: 'reshape or reduce one side so that the sizes agree',
    related: sides(left, right),
  };
}

export function bothSidesExpand(operation: string, left: ShapeAt, right: ShapeAt, result: string): Diagnostic {
  return {
    code: 'E0402',
    severity: 'error',
    title: `both sides of ${operation} would have to grow`,
    range: covering(left.range, right.range),
    label: `${left.shape} and ${right.shape} would silently make ${result}`,
    expected: 'at most one side that is expanded to the shape of the other',
    found: `${left.shape} and ${right.shape}`,
    hint: 'make the shapes equal, with `reshape`, `column` or `flatten`; for all pairs use `outer` or `squared_distances`',
    related: sides(left, right),
  };
}

export function wrongRank(callee: string, expected: string, found: ShapeAt, hint: string): Diagnostic {
  return {
    code: 'E0403',
    severity: 'error',
    title: `\`${callee}\` does not take this shape`,
    range: found.range,
    label: found.shape,
    expected,
    found: found.shape,
    hint,
  };
}

export function shapesMustAgree(callee: string, expected: string, left: ShapeAt, right: ShapeAt, hint: string): Diagnostic {
  return {
    code: 'E0404',
    severity: 'error',
    title: `shapes do not match in \`${callee}\``,
    range: covering(left.range, right.range),
    label: `${left.shape} and ${right.shape}`,
    expected,
    found: `${left.shape} and ${right.shape}`,
    hint,
    related: sides(left, right),
  };
}

export function cannotMultiply(left: ShapeAt, right: ShapeAt, inner: string): Diagnostic {
  return {
    code: 'E0405',
    severity: 'error',
    title: 'these shapes cannot be multiplied with `@`',
    range: covering(left.range, right.range),
    label: inner,
    expected: 'the last size of the left side equal to the last but one (or only) size of the right side',
    found: `${left.shape} @ ${right.shape}`,
    hint: 'transpose or flatten one side; `*` multiplies elementwise',
    related: sides(left, right),
  };
}

export function noSuchAxis(callee: string, axis: number, found: ShapeAt, rank: number): Diagnostic {
  return {
    code: 'E0406',
    severity: 'error',
    title: `\`${callee}\` names axis ${axis}, which ${found.shape} does not have`,
    range: found.range,
    expected: rank === 0 ? 'no axis: this is a scalar' : `an axis from 0 to ${rank - 1}, or from -1 (the last) to -${rank}`,
    found: String(axis),
    hint: rank === 0 ? 'leave `axis` out' : 'axes count from 0; the leading one runs over examples',
  };
}

export function cannotReshape(from: ShapeAt, to: string, fromSize: number, toSize: number): Diagnostic {
  return {
    code: 'E0407',
    severity: 'error',
    title: `${from.shape} cannot be reshaped to ${to}`,
    range: from.range,
    expected: `${fromSize} elements`,
    found: `${to}, which has ${toSize}`,
    hint: 'the product of the sizes must stay the same; `flatten` keeps the leading axis and joins the rest',
  };
}

export function cannotJoin(callee: string, axis: number, left: ShapeAt, right: ShapeAt): Diagnostic {
  return {
    code: 'E0408',
    severity: 'error',
    title: `\`${callee}\` cannot join these shapes along axis ${axis}`,
    range: right.range,
    label: right.shape,
    expected: callee === 'stack' ? 'equal shapes' : `sizes that are equal but for axis ${axis}`,
    found: `${left.shape} and ${right.shape}`,
    hint: 'reshape one of them, or choose another `axis`',
    related: [{ range: left.range, message: `the first is ${left.shape}` }],
  };
}

/** `images`: whether predictions differ from what the labels ask for only in that they vary along more axes, as features of images do. */
export function labelsDoNotFit(callee: string, predictions: ShapeAt, labels: ShapeAt, expected: string, images = false): Diagnostic {
  return {
    code: 'E0409',
    severity: 'error',
    title: `the labels of \`${callee}\` do not fit the predictions`,
    range: labels.range,
    label: labels.shape,
    expected,
    found: `predictions ${predictions.shape} and labels ${labels.shape}`,
    hint: images
      ? 'a `flatten` before the last `dense` makes one prediction of each example: [examples, classes]'
      : 'predictions are [examples, classes]; labels are [examples] class numbers, or [examples, classes] probabilities',
    related: [{ range: predictions.range, message: `predictions ${predictions.shape}` }],
  };
}

export function labelsAreNotClasses(callee: string, labels: ShapeAt): Diagnostic {
  return {
    code: 'E0410',
    severity: 'error',
    title: `\`${callee}\` needs class labels`,
    range: labels.range,
    expected: 'class numbers, such as `support.y` of an image task',
    found: `real numbers ${labels.shape}`,
    hint: 'for real targets use `mse`, `mae` or `huber`',
  };
}

export function doesNotFit(callee: string, part: string, available: string, found: ShapeAt): Diagnostic {
  return {
    code: 'E0411',
    severity: 'error',
    title: `${part} of \`${callee}\` is larger than its input`,
    range: found.range,
    label: found.shape,
    expected: `at most ${available}`,
    found: part,
    hint: 'use fewer pooling or strided layers, a smaller window, larger images, or `padding: same` where there is one',
  };
}

export function doesNotDivide(callee: string, what: string, groups: number, found: number, range: SourceRange): Diagnostic {
  return {
    code: 'E0412',
    severity: 'error',
    title: `\`groups\` of \`${callee}\` does not divide the ${what}`,
    range,
    expected: `a multiple of ${groups} ${what}`,
    found: String(found),
    hint: 'choose `groups` so that it divides both the input channels and the filters',
  };
}

export function classesUnknown(callee: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0413',
    severity: 'error',
    title: `\`${callee}\` cannot tell how many classes there are`,
    range,
    hint: `say it: \`${callee}(…, classes: ways)\``,
  };
}

export function weightsDiffer(left: string, right: string, detail: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0414',
    severity: 'error',
    title: `${left} and ${right} do not have the same weights`,
    range,
    found: detail,
    hint: 'compare two learners made from one model, such as `net` and `fast`',
  };
}

export function classCountDiffers(callee: string, classes: string, size: string, range: SourceRange): Diagnostic {
  return {
    code: 'E0415',
    severity: 'error',
    title: `the predictions of \`${callee}\` have fewer classes than the labels`,
    range,
    expected: `at least ${classes} classes`,
    found: size,
    hint: 'give the last layer one output per class: `dense(ways)`',
  };
}

/** @file Checks of shapes that many builtins make, with the messages that go with them. */
import { noSuchAxis, type ShapeAt, shapesMustAgree, wrongRank } from '../../diagnostics/catalogue/shapes.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { SourceRange } from '../../ir/ir.ts';
import { sameShape } from '../../ir/tensor-type.ts';
import type { Arguments } from '../builtin.ts';
import { printDims } from '../dims.ts';
import type { Dim, TensorMeaning } from '../meaning.ts';
import { shapeOf } from './dimensions.ts';

export function shapeAt(tensor: TensorMeaning, range: SourceRange): ShapeAt {
  return { shape: printDims(tensor.dims), range };
}

/** The argument as images [n, h, w, c]. Throws E0403. */
export function requireImages(callee: string, values: Arguments, name: string): readonly [Dim, Dim, Dim, Dim] {
  const { dims } = values.tensor(name);
  if (dims.length !== 4)
    throw new DiagnosticError(
      wrongRank(
        callee,
        'images [examples, height, width, channels]',
        shapeAt(values.tensor(name), values.rangeOf(name)),
        'image layers come before `flatten`; add missing axes with `reshape`',
      ),
    );
  return dims as unknown as readonly [Dim, Dim, Dim, Dim];
}

/** At least `least` axes. Throws E0403. */
export function requireRank(callee: string, values: Arguments, name: string, least: number, expected: string, most = Infinity): void {
  const tensor = values.tensor(name);
  if (tensor.dims.length < least || tensor.dims.length > most)
    throw new DiagnosticError(
      wrongRank(callee, expected, shapeAt(tensor, values.rangeOf(name)), 'reshape it, or apply the function to another part of the value'),
    );
}

/** The axis counted from 0; negative ones count from the end. Throws E0406. */
export function resolveAxis(callee: string, axis: number, tensor: TensorMeaning, range: SourceRange, extra = 0): number {
  const rank = tensor.dims.length + extra;
  const resolved = axis < 0 ? axis + rank : axis;
  if (resolved < 0 || resolved >= rank) throw new DiagnosticError(noSuchAxis(callee, axis, shapeAt(tensor, range), rank));
  return resolved;
}

/** Both arguments have one shape. Throws E0404. */
export function requireEqualShapes(callee: string, values: Arguments, left: string, right: string, hint: string): void {
  const [first, second] = [values.tensor(left), values.tensor(right)];
  if (!sameShape(shapeOf(first.dims), shapeOf(second.dims)))
    throw new DiagnosticError(
      shapesMustAgree(callee, 'two equal shapes', shapeAt(first, values.rangeOf(left)), shapeAt(second, values.rangeOf(right)), hint),
    );
}

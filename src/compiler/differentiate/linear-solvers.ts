/** @file Linear equations A u = c with a symmetric A of which only products are known: as a `scan` of the solver's steps. */
import { FunctionBuilder } from '../ir/build.ts';
import type { Value } from '../ir/ir.ts';
import type { LinearSolver } from '../ir/primitives.ts';

/** Adds A times a direction, one tensor for each unknown, to the function that `region` builds. */
export type Product = (region: FunctionBuilder, direction: readonly Value[]) => readonly Value[];

/** Share of the first residual's norm below which conjugate gradients rest: going on would divide rounding errors by each other. */
const RESIDUAL = 1e-12;

/** Solutions u, one tensor for each of `right`. What does not change from step to step is captured by the scan's body. */
export function solveLinear(builder: FunctionBuilder, solver: LinearSolver, right: readonly Value[], product: Product): readonly Value[] {
  return solver.method === 'neumann' ? neumann(builder, right, product, solver) : conjugateGradient(builder, right, product, solver.steps);
}

/** Repeats `step` from the first values of its carries; returns the last ones. */
function repeat(
  builder: FunctionBuilder,
  first: readonly Value[],
  length: number,
  step: (region: FunctionBuilder, carries: readonly Value[]) => readonly Value[],
): readonly Value[] {
  const region = new FunctionBuilder(builder);
  const carries = first.map(({ type }, index) => region.parameter(`carry${index}`, type));
  const next = step(region, carries);
  const body = region.finish(next.map((value, index) => ({ name: `result${index}`, value })));
  return builder.apply('scan', [...first, ...region.captures], {
    body,
    length,
    carries: first.length,
    sequences: 0,
    reverse: false,
  });
}

/** u + rate*(c - A u), again and again from rate*c on: the sum of rate*(I - rate*A)^k c for k = 0 … steps. */
function neumann(
  builder: FunctionBuilder,
  right: readonly Value[],
  product: Product,
  { steps, rate }: { readonly steps: number; readonly rate: number },
): readonly Value[] {
  const first = right.map((one) => builder.scale('multiply', one, rate));
  return repeat(builder, first, steps, (region, carries) => {
    const products = product(region, carries);
    return carries.map((carry, index) => {
      const residual = region.binary('subtract', right[index] as Value, products[index] as Value);
      return region.binary('add', carry, region.scale('multiply', residual, rate));
    });
  });
}

/** Sum over all elements of all tensors of the products, float[]. */
function inner(builder: FunctionBuilder, left: readonly Value[], right: readonly Value[]): Value {
  return left
    .map((one, index) => {
      const product = builder.binary('multiply', one, right[index] as Value);
      return builder.sum(
        product,
        product.type.shape.map((_, axis) => axis),
      );
    })
    .reduce((sum, term) => builder.binary('add', sum, term));
}

/** one + factor * other, tensor by tensor. */
function combined(builder: FunctionBuilder, one: readonly Value[], factor: Value, other: readonly Value[]): readonly Value[] {
  return one.map((value, index) => {
    const scaled = builder.binary('multiply', builder.broadcast(factor, value.type.shape, []), other[index] as Value);
    return builder.binary('add', value, scaled);
  });
}

/**
 * Conjugate gradients from 0 on (Nocedal and Wright 2006, algorithm 5.2). They end early at a residual of `RESIDUAL` of the first one, and
 * at a direction along which A has no positive curvature: what they have by then is kept, as in Steihaug's method.
 */
function conjugateGradient(builder: FunctionBuilder, right: readonly Value[], product: Product, steps: number): readonly Value[] {
  const count = right.length;
  const square = inner(builder, right, right);
  const enough = builder.scale('multiply', square, RESIDUAL * RESIDUAL);
  const first = [...right.map((one) => builder.zerosLike(one)), ...right, ...right, square];
  const last = repeat(builder, first, steps, (region, carries) => {
    const solution = carries.slice(0, count);
    const residual = carries.slice(count, 2 * count);
    const direction = carries.slice(2 * count, 3 * count);
    const before = carries[3 * count] as Value;
    const products = product(region, direction);
    const curvature = inner(region, direction, products);
    const zero = region.constant(0);
    const one = region.constant(1);
    const moves = region.binary('and', region.compare('GT', before, region.use(enough)), region.compare('GT', curvature, zero));
    // Each quotient of a step that is not taken is 0/1, so that its derivative is 0 too.
    const quotient = (numerator: Value, denominator: Value): Value =>
      region.binary('divide', region.select(moves, numerator, zero), region.select(moves, denominator, one));
    const length = quotient(before, curvature);
    const rest = combined(region, residual, region.unary('negate', length), products);
    const after = region.select(moves, inner(region, rest, rest), zero);
    return [
      ...combined(region, solution, length, direction),
      ...rest,
      ...combined(region, rest, quotient(after, before), direction),
      after,
    ];
  });
  return last.slice(0, count);
}

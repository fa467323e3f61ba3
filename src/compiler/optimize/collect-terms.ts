/**
 * @file Sums as a whole: terms that are the same big tensor times something small become one term, and all small terms are added up first.
 * `x * a + (z * b + c) + z * b`, with a, b and c per channel, is `x * a + z * (2 b) + c`. Derivatives of batch norm are such sums.
 */
import type { Value } from '../ir/ir.ts';
import { properAxes, restrict, type Spread, spreadOf, usedOnce } from './operands.ts';
import { type Rewriter, type Rule, rewritePass } from './rewriter.ts';

/** Longer sums are collected in parts. */
const TERM_LIMIT = 16;

interface Small {
  readonly value: Value;
  readonly spread: Spread;
}

/** ± big * factor; without `big`: ± factor. */
interface Term {
  readonly sign: 1 | -1;
  readonly big: Value | undefined;
  readonly factor: Small | undefined;
}

function termOf(graph: Rewriter, value: Value, sign: 1 | -1): Term {
  const spread = spreadOf(graph, value);
  if (spread !== undefined) return { sign, big: undefined, factor: { value, spread } };
  const product = usedOnce(graph, value) ? graph.match(value, 'multiply') : undefined;
  for (const [big, small] of product === undefined ? [] : [product.operands, product.operands.toReversed()]) {
    const factor = small === undefined ? undefined : spreadOf(graph, small);
    if (big !== undefined && small !== undefined && factor !== undefined && spreadOf(graph, big) === undefined)
      return { sign, big, factor: { value: small, spread: factor } };
  }
  return { sign, big: value, factor: undefined };
}

/** Terms of a tree of additions whose inner nodes nobody else uses. The root's operands are given, as the root may not exist yet. */
function flatten(graph: Rewriter, value: Value, sign: 1 | -1, terms: Term[]): void {
  const node = terms.length < TERM_LIMIT && usedOnce(graph, value) ? graph.definition(value) : undefined;
  const opposite = sign === 1 ? -1 : 1;
  if (node?.op === 'negate') flatten(graph, node.operands[0] as Value, opposite, terms);
  else if (node?.op === 'add' || node?.op === 'subtract') {
    flatten(graph, node.operands[0] as Value, sign, terms);
    flatten(graph, node.operands[1] as Value, node.op === 'add' ? sign : opposite, terms);
  } else terms.push(termOf(graph, value, sign));
}

/** Sum of the factors of some terms, where that is small: it must not vary along every dimension. A missing factor is 1. */
function sumOfFactors(graph: Rewriter, terms: readonly Term[], like: Value): Value | undefined {
  const { shape, dtype } = like.type;
  const proper = properAxes(shape);
  const axes = proper.filter((axis) => terms.some(({ factor }) => factor?.spread.kept.includes(axis)));
  if (axes.length === proper.length && proper.length > 0) return undefined;
  const sizes = axes.map((axis) => shape[axis] as number);
  let sum: Value | undefined;
  for (const { sign, factor } of terms) {
    const small = factor === undefined ? graph.constant(1, sizes, dtype) : restrict(graph, factor.value, factor.spread, axes);
    if (sum !== undefined) sum = graph.emit(sign === 1 ? 'add' : 'subtract', [sum, small], {});
    else sum = sign === 1 ? small : graph.emit('negate', [small], {});
  }
  return sum === undefined ? undefined : graph.broadcast(sum, shape, axes);
}

/** Terms with the same big tensor, joined; undefined when there is nothing to join. */
function join(graph: Rewriter, terms: readonly Term[], like: Value): readonly Term[] | undefined {
  const groups = new Map<Value | undefined, Term[]>();
  for (const term of terms) groups.set(term.big, [...(groups.get(term.big) ?? []), term]);
  let joined = false;
  const result = [...groups].flatMap(([big, members]): readonly Term[] => {
    if (members.length === 1) return members;
    const value = sumOfFactors(graph, members, like);
    if (value === undefined) return members;
    joined = true;
    const spread = spreadOf(graph, value) ?? { source: value, splat: undefined, kept: properAxes(like.type.shape) };
    return [{ sign: 1, big, factor: { value, spread } }];
  });
  const factored = factorOut(graph, result);
  return joined || factored.length < result.length ? factored : undefined;
}

/** x * a + y * a = (x + y) * a. */
function factorOut(graph: Rewriter, terms: readonly Term[]): readonly Term[] {
  const groups = new Map<unknown, Term[]>();
  for (const term of terms) {
    const { big, factor } = term;
    const key = big === undefined || factor === undefined ? term : (factor.spread.splat ?? factor.value);
    groups.set(key, [...(groups.get(key) ?? []), term]);
  }
  return [...groups.values()].map((members): Term => {
    const first = members[0] as Term;
    if (members.length === 1) return first;
    const bare = members.map((term) => ({ ...term, factor: undefined }));
    return { sign: 1, big: add(graph, bare), factor: first.factor };
  });
}

function build(graph: Rewriter, { big, factor }: Term): Value {
  if (big === undefined) return (factor as Small).value;
  return factor === undefined ? big : graph.emit('multiply', [big, factor.value], {});
}

/** Positive terms first: one negation at most. */
function add(graph: Rewriter, terms: readonly Term[]): Value {
  const ordered = [...terms].sort((a, b) => b.sign - a.sign);
  const first = ordered[0] as Term;
  const start = first.sign === 1 ? build(graph, first) : graph.emit('negate', [build(graph, first)], {});
  return ordered.slice(1).reduce((sum, term) => graph.emit(term.sign === 1 ? 'add' : 'subtract', [sum, build(graph, term)], {}), start);
}

function sum<P extends 'add' | 'subtract'>(op: P): Rule<P> {
  return (operands, _, graph) => {
    const [left, right] = operands as readonly [Value, Value];
    if (left.type.shape.length === 0 || left.type.shape.includes(0)) return undefined;
    const terms: Term[] = [];
    flatten(graph, left, 1, terms);
    flatten(graph, right, op === 'add' ? 1 : -1, terms);
    const joined = join(graph, terms, left);
    return joined === undefined ? undefined : add(graph, joined);
  };
}

export const collectTerms = rewritePass(
  'collect-terms',
  'joins terms of a sum that share a big tensor or a small factor, and its small terms with each other',
  {
    add: sum('add'),
    subtract: sum('subtract'),
  },
);

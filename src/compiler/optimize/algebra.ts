/**
 * @file Arithmetic identities. Constants stand on the right; a subtraction of a number is an addition; negations move down until an addition
 * takes them up. Rules assume finite numbers (`x * 0` is 0), as every engine's own optimiser may.
 */
import type { Value } from '../ir/ir.ts';
import { splatOf, usedOnce } from './operands.ts';
import { foldPredicates } from './predicates.ts';
import { type Rewriter, type Rule, type RuleSet, rewritePass } from './rewriter.ts';

type Pair = readonly [Value, Value];

function negationOf(graph: Rewriter, value: Value): Value | undefined {
  return graph.match(value, 'negate')?.operands[0];
}

/** `inner(x, number)` where `value` is that and nobody else uses it. */
function withNumber(graph: Rewriter, value: Value, op: 'add' | 'multiply'): readonly [Value, number] | undefined {
  const node = graph.match(value, op);
  if (node === undefined || !usedOnce(graph, value)) return undefined;
  const number = splatOf(graph, node.operands[1]);
  return number === undefined ? undefined : [node.operands[0] as Value, number];
}

function scaled(graph: Rewriter, value: Value, op: 'add' | 'multiply', number: number): Value {
  return graph.emit(op, [value, graph.constant(number, value.type.shape, value.type.dtype)], {});
}

const add: Rule<'add'> = (operands, _, graph) => {
  const [left, right] = operands as Pair;
  const number = splatOf(graph, right);
  if (number === undefined) {
    if (splatOf(graph, left) !== undefined) return graph.emit('add', [right, left], {});
    const minusRight = negationOf(graph, right);
    if (minusRight !== undefined) return graph.emit('subtract', [left, minusRight], {});
    const minusLeft = negationOf(graph, left);
    return minusLeft === undefined ? undefined : graph.emit('subtract', [right, minusLeft], {});
  }
  if (number === 0) return left;
  const inner = withNumber(graph, left, 'add');
  return inner === undefined ? undefined : scaled(graph, inner[0], 'add', inner[1] + number);
};

const subtract: Rule<'subtract'> = (operands, _, graph, type) => {
  const [left, right] = operands as Pair;
  if (left === right) return graph.constant(0, type.shape, type.dtype);
  const number = splatOf(graph, right);
  if (number !== undefined) return scaled(graph, left, 'add', -number);
  if (splatOf(graph, left) === 0) return graph.emit('negate', [right], {});
  const minusRight = negationOf(graph, right);
  if (minusRight !== undefined) return graph.emit('add', [left, minusRight], {});
  const minusLeft = negationOf(graph, left);
  if (minusLeft !== undefined && usedOnce(graph, left)) return graph.emit('negate', [graph.emit('add', [minusLeft, right], {})], {});
  return undefined;
};

const multiply: Rule<'multiply'> = (operands, _, graph, type) => {
  const [left, right] = operands as Pair;
  const number = splatOf(graph, right);
  if (number === undefined) {
    if (splatOf(graph, left) !== undefined) return graph.emit('multiply', [right, left], {});
    return multiplyNegations(graph, left, right) ?? multiplyQuotient(graph, left, right) ?? multiplyQuotient(graph, right, left);
  }
  if (number === 1) return left;
  if (number === 0) return graph.constant(0, type.shape, type.dtype);
  if (number === -1) return graph.emit('negate', [left], {});
  const minusLeft = negationOf(graph, left);
  if (minusLeft !== undefined) return scaled(graph, minusLeft, 'multiply', -number);
  const inner = withNumber(graph, left, 'multiply');
  return inner === undefined ? undefined : scaled(graph, inner[0], 'multiply', inner[1] * number);
};

function multiplyNegations(graph: Rewriter, left: Value, right: Value): Value | undefined {
  const minusLeft = negationOf(graph, left);
  const minusRight = negationOf(graph, right);
  if (minusLeft !== undefined && minusRight !== undefined) return graph.emit('multiply', [minusLeft, minusRight], {});
  if (minusLeft !== undefined && usedOnce(graph, left)) return graph.emit('negate', [graph.emit('multiply', [minusLeft, right], {})], {});
  if (minusRight !== undefined && usedOnce(graph, right)) return graph.emit('negate', [graph.emit('multiply', [left, minusRight], {})], {});
  return undefined;
}

/** x * (1 / y) = x / y. */
function multiplyQuotient(graph: Rewriter, left: Value, right: Value): Value | undefined {
  const quotient = graph.match(right, 'divide');
  if (quotient === undefined || right.type.dtype !== 'float' || splatOf(graph, quotient.operands[0]) !== 1 || !usedOnce(graph, right))
    return undefined;
  return graph.emit('divide', [left, quotient.operands[1] as Value], {});
}

const divide: Rule<'divide'> = (operands, _, graph, type) => {
  const [left, right] = operands as Pair;
  const number = splatOf(graph, right);
  if (number === 1) return left;
  if (type.dtype !== 'float') return undefined;
  if (number !== undefined && number !== 0) return scaled(graph, left, 'multiply', 1 / number);
  if (splatOf(graph, left) === 0) return graph.constant(0, type.shape);
  const root = graph.match(right, 'sqrt');
  if (root !== undefined && usedOnce(graph, right))
    return graph.emit('multiply', [left, graph.emit('rsqrt', [root.operands[0] as Value], {})], {});
  const minusLeft = negationOf(graph, left);
  if (minusLeft !== undefined && usedOnce(graph, left)) return graph.emit('negate', [graph.emit('divide', [minusLeft, right], {})], {});
  return undefined;
};

const negate: Rule<'negate'> = (operands, _, graph) => {
  const operand = operands[0] as Value;
  const inner = negationOf(graph, operand);
  if (inner !== undefined) return inner;
  const difference = graph.match(operand, 'subtract');
  if (difference !== undefined && usedOnce(graph, operand))
    return graph.emit('subtract', [difference.operands[1] as Value, difference.operands[0] as Value], {});
  const product = withNumber(graph, operand, 'multiply');
  return product === undefined ? undefined : scaled(graph, product[0], 'multiply', -product[1]);
};

const power: Rule<'power'> = (operands, _, graph, type) => {
  const [base, exponent] = operands as Pair;
  const square = (): Value => graph.emit('multiply', [base, base], {});
  switch (splatOf(graph, exponent)) {
    case 0:
      return graph.constant(1, type.shape);
    case 0.5:
      return graph.emit('sqrt', [base], {});
    case 1:
      return base;
    case 2:
      return square();
    case 3:
      return graph.emit('multiply', [square(), base], {});
    case -0.5:
      return graph.emit('rsqrt', [base], {});
    case -1:
      return graph.emit('divide', [graph.constant(1, type.shape), base], {});
    default:
      return undefined;
  }
};

const maximum: Rule<'maximum'> = ([left, right]) => (left === right ? left : undefined);
const minimum: Rule<'minimum'> = ([left, right]) => (left === right ? left : undefined);

const abs: Rule<'abs'> = (operands, _, graph) => {
  const operand = operands[0] as Value;
  if (graph.match(operand, 'abs') !== undefined) return operand;
  const inner = negationOf(graph, operand);
  return inner === undefined ? undefined : graph.emit('abs', [inner], {});
};

const convert: Rule<'convert'> = (operands, { dtype }, graph) => {
  const operand = operands[0] as Value;
  if (operand.type.dtype === dtype) return operand;
  const inner = graph.match(operand, 'convert')?.operands[0];
  if (inner === undefined) return undefined;
  // Every bool is an int and every int is a float, so the stop in between changes nothing.
  const widens = operand.type.dtype === 'float' || (operand.type.dtype === 'int' && inner.type.dtype !== 'float');
  return widens ? graph.emit('convert', [inner], { dtype }) : undefined;
};

const exponential: Rule<'exponential'> = (operands, _, graph) => graph.match(operands[0], 'log')?.operands[0];
const log: Rule<'log'> = (operands, _, graph) => graph.match(operands[0], 'exponential')?.operands[0];

const rules: RuleSet = {
  add,
  subtract,
  multiply,
  divide,
  negate,
  power,
  maximum,
  minimum,
  abs,
  convert,
  exponential,
  log,
  ...foldPredicates,
};

export const algebra = rewritePass('algebra', 'arithmetic identities: neutral elements, negations, numbers merged, cheap powers', rules);

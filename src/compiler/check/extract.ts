/** @file Cuts the part of a traced function that leads from some values to a scalar out into a `gradient` node. */
import type { AnyNode, Func, Value } from '../ir/ir.ts';
import type { LinearSolver } from '../ir/primitives.ts';
import type { TracingBuilder } from './tracing-builder.ts';

/** Those of `sources` that the value depends on; only nodes that come after the first of them are looked at. */
export function sourcesOf(builder: TracingBuilder, value: Value, sources: readonly Value[]): readonly Value[] {
  const needed = neededBy(builder.nodes, value, builder.firstUse(sources));
  return sources.filter((source) => needed.has(source));
}

/** A scalar as a function of some values, cut out of a trace. */
interface Cut {
  /** Parameters: the values, in their order; then what it captures. Its result is the scalar. */
  readonly body: Func;
  readonly operands: readonly Value[];
}

/** `loss` (float[], a value of `builder`'s own function) as a function of `given`; undefined when it depends on none of them. */
function cutOut(builder: TracingBuilder, loss: Value, given: readonly Value[]): Cut | undefined {
  // Within a region, what stands for a value from outside.
  const wrt = given.map((value) => builder.use(value));
  const { nodes } = builder;
  const first = builder.firstUse(wrt);
  const reached = reachedFrom(nodes, wrt, first);
  if (!reached.has(loss)) return undefined;
  const needed = neededBy(nodes, loss, first);
  const region = builder.region();
  const known = new Map(wrt.map((value, index) => [value, region.parameter(`at${index}`, value.type)]));
  copyWay(nodes.slice(first), region, known, (result) => reached.has(result) && needed.has(result));
  const body = region.finish([{ name: 'loss', value: known.get(loss) as Value }]);
  return { body, operands: [...wrt, ...region.captures] };
}

/**
 * Adds a `gradient` node for d`loss`/d`wrt` (`loss` is float[], a value of `builder`'s own function) and returns the gradients.
 * Returns undefined when the loss depends on none of them.
 */
export function gradientOf(builder: TracingBuilder, loss: Value, given: readonly Value[]): readonly Value[] | undefined {
  const cut = cutOut(builder, loss, given);
  if (cut === undefined) return undefined;
  return builder.apply('gradient', cut.operands, { body: cut.body, wrt: given.map((_, index) => index) }).slice(1);
}

/**
 * Adds an `implicit_root` node for `given` as the place where d`loss`/d`given` does not change, and returns the values with that derivative.
 * Returns undefined when the loss depends on none of them.
 */
export function stationaryPoint(
  builder: TracingBuilder,
  loss: Value,
  given: readonly Value[],
  solver: LinearSolver,
): readonly Value[] | undefined {
  const cut = cutOut(builder, loss, given);
  if (cut === undefined) return undefined;
  const region = builder.region();
  const parameters = cut.body.parameters.map(({ name, value }) => region.parameter(name, value.type));
  const gradients = region.apply('gradient', parameters, { body: cut.body, wrt: given.map((_, index) => index) }).slice(1);
  const body = region.finish(gradients.map((value, index) => ({ name: `gradient${index}`, value })));
  return builder.apply('implicit_root', cut.operands, { body, unknowns: given.length, solver });
}

/** Copies the nodes on the way from the values that are known into a region; what they use besides comes from outside. */
function copyWay(nodes: readonly AnyNode[], region: TracingBuilder, known: Map<Value, Value>, onTheWay: (result: Value) => boolean): void {
  for (const node of nodes) {
    // A node that makes one of the values themselves is not on the way from them.
    if (!node.results.some((result) => onTheWay(result) && !known.has(result))) continue;
    for (const operand of node.operands) if (!known.has(operand)) known.set(operand, region.use(operand));
    region.copy(node, known);
  }
}

/**
 * Adds a `map_tasks` node that computes `value` for `count` values of some parameters. `stacked` gives for each of those of `parameters`
 * that the value depends on all its values, along a leading axis. Returns [count, ...]; undefined when the value depends on none of them.
 */
export function mapOver(
  builder: TracingBuilder,
  value: Value,
  parameters: readonly Value[],
  stacked: (parameter: Value) => Value,
  count: number,
): Value | undefined {
  const { nodes } = builder;
  const needed = neededBy(nodes, value, 0);
  const given = parameters.filter((parameter) => needed.has(parameter));
  if (given.length === 0) return undefined;
  const reached = reachedFrom(nodes, given, 0);
  const region = builder.region();
  const known = new Map(given.map((parameter, index) => [parameter, region.parameter(`draw${index}`, parameter.type)]));
  const operands = given.map(stacked);
  copyWay(nodes, region, known, (result) => reached.has(result) && needed.has(result));
  const body = region.finish([{ name: 'sample', value: known.get(value) as Value }]);
  const mapped = body.parameters.map((_, index) => index < given.length);
  return builder.apply('map_tasks', [...operands, ...region.captures], { body, mapped, tasks: count })[0];
}

/**
 * Whether, within a region, the loss depends on a value from outside that depends on `wrt` in turn: that part of the gradient is not in
 * the region.
 */
export function reachesOutside(builder: TracingBuilder, loss: Value, wrt: readonly Value[]): boolean {
  const { outer } = builder;
  if (outer === undefined) return false;
  const needed = neededBy(differentiable(builder), builder.use(loss), 0);
  return builder.captures.some((value) => {
    if (!needed.has(builder.use(value)) || wrt.some((one) => one === value || builder.use(one) === builder.use(value))) return false;
    const around = neededBy(differentiable(outer), outer.use(value), 0);
    const visible = wrt.filter((one) => outer.knows(one) || outer.captures.includes(one));
    return visible.some((one) => around.has(outer.use(one))) || reachesOutside(outer, value, wrt);
  });
}

function differentiable(builder: TracingBuilder): readonly AnyNode[] {
  return builder.nodes.filter((node) => node.op !== 'stop_gradient');
}

function reachedFrom(nodes: readonly AnyNode[], sources: readonly Value[], first: number): ReadonlySet<Value> {
  const reached = new Set<Value>(sources);
  for (let index = first; index < nodes.length; index++) {
    const node = nodes[index] as AnyNode;
    if (node.operands.some((operand) => reached.has(operand))) for (const result of node.results) reached.add(result);
  }
  return reached;
}

function neededBy(nodes: readonly AnyNode[], target: Value, first: number): ReadonlySet<Value> {
  const needed = new Set<Value>([target]);
  for (let index = nodes.length - 1; index >= first; index--) {
    const node = nodes[index] as AnyNode;
    if (node.results.some((result) => needed.has(result))) for (const operand of node.operands) needed.add(operand);
  }
  return needed;
}

/**
 * @file Reverse mode through primitives with a region: forward and backward of the region's body become a region again, so that every
 * gradient can be differentiated as often as one likes.
 */
import { FunctionBuilder, lookUp } from '../ir/build.ts';
import type { AnyNode, Func, Node, Value } from '../ir/ir.ts';
import { activeInScan } from './activity.ts';
import type { GradientBuilder } from './gradient-builder.ts';
import type { VjpRules } from './vjp-rules.ts';

export type Cotangents = readonly (Value | undefined)[];

/** `reverse` of reverse.ts, handed down so that the two files do not import each other. */
export type Reverse = (
  builder: FunctionBuilder,
  f: Func,
  args: readonly Value[],
  seed: (gradient: GradientBuilder) => Cotangents,
  wrt: readonly number[],
  rules: VjpRules,
) => { readonly gradients: Cotangents };

/** One node to go back through. */
export interface Passage<N> {
  readonly gradient: GradientBuilder;
  readonly node: N;
  readonly operands: readonly Value[];
  /** Of its results. */
  readonly cotangents: Cotangents;
  /** Operands whose cotangents are asked for. */
  readonly needed: readonly boolean[];
  readonly rules: VjpRules;
  readonly reverse: Reverse;
}

/**
 * Per task, forward and backward through the body; operands that all tasks share get the sum over tasks. The forward part is a copy of
 * the original's: once the tasks are batched, both are plain nodes and common subexpressions are found.
 */
export function transposeMapTasks(passage: Passage<Node<'map_tasks'>>): Cotangents {
  const { gradient, node, operands, cotangents, needed, rules, reverse } = passage;
  const { body, mapped, tasks } = node.attributes;
  const wrt = positions(needed);
  const inner = new FunctionBuilder();
  inner.source = gradient.builder.source;
  const args = body.parameters.map(({ name, value }) => inner.parameter(name, value.type));
  const given = cotangents.flatMap((cotangent) => (cotangent === undefined ? [] : [cotangent]));
  const fresh = freshName('cotangent', body);
  const seeds = cotangents.map((cotangent, index) =>
    cotangent === undefined ? undefined : inner.parameter(`${fresh}${index}`, (body.results[index] as { value: Value }).value.type),
  );
  const { gradients } = reverse(inner, body, args, () => seeds, wrt, rules);
  const reached = wrt.flatMap((operand, index) => {
    const value = gradients[index];
    return value === undefined ? [] : [{ operand, value }];
  });
  if (reached.length === 0) return [];
  const region = inner.finish(reached.map(({ operand, value }) => ({ name: `gradient${operand}`, value })));
  const results = gradient.builder.apply('map_tasks', [...operands, ...given], {
    body: region,
    mapped: [...mapped, ...given.map(() => true)],
    tasks,
  });
  const outgoing: (Value | undefined)[] = operands.map(() => undefined);
  reached.forEach(({ operand }, index) => {
    const result = results[index] as Value;
    outgoing[operand] = mapped[operand] ? result : gradient.sum(result, [0]);
  });
  return outgoing;
}

/** Copies a scan so that it also puts out the carries that enter each step: all that going back needs to run the steps again. */
export function copyRecordingCarries(builder: FunctionBuilder, node: Node<'scan'>, known: Map<Value, Value>): readonly Value[] {
  const { body, carries } = node.attributes;
  const fresh = freshName('entering', { parameters: body.results });
  const entering = body.parameters.slice(0, carries).map(({ value }, index) => ({ name: `${fresh}${index}`, value }));
  const recording: Node<'scan'> = {
    ...node,
    attributes: { ...node.attributes, body: { ...body, results: [...body.results, ...entering] } },
    results: [...node.results, ...entering.map(({ value }): Value => ({ type: stackedType(value, node.attributes.length) }))],
  };
  builder.copy(recording as AnyNode, known);
  return recording.results.slice(node.results.length).map((value) => lookUp(known, value));
}

function stackedType({ type }: Value, length: number): Value['type'] {
  return { dtype: type.dtype, shape: [length, ...type.shape] };
}

/** What a step of the backward scan is made of. */
interface BackwardStep {
  /** Carries of the original whose cotangents go from step to step. */
  readonly seeded: readonly number[];
  /** Parameters of the original's body that the gradient reaches. */
  readonly reached: ReadonlyMap<number, Value>;
  readonly inner: FunctionBuilder;
  readonly cotangents: readonly Value[];
  readonly sequences: readonly Value[];
  readonly wholes: readonly Value[];
}

/**
 * A scan in the other direction. Each step runs the body's step again from the carries that entered it, and then backwards; cotangents of
 * the carries are its carries, and so are the sums for operands that every step got whole.
 */
export function transposeScan(passage: Passage<Node<'scan'>>, entering: readonly Value[]): Cotangents {
  const { gradient, node, operands, cotangents } = passage;
  const { length, carries, sequences, reverse } = node.attributes;
  const { builder } = gradient;
  const { seeded, reached, inner, ...values } = backwardStep(passage);
  const among = (from: number, to: number): number[] => [...reached.keys()].filter((index) => index >= from && index < to);
  const slices = among(carries, carries + sequences);
  const summed = among(carries + sequences, operands.length);
  const fresh = freshName('sum', node.attributes.body);
  const sums = summed.map((index) => inner.parameter(`${fresh}${index}`, (operands[index] as Value).type));
  const results = [
    ...seeded.map((carry, index) => reached.get(carry) ?? inner.zerosLike(values.cotangents[index] as Value)),
    ...summed.map((index, position) => inner.binary('add', sums[position] as Value, reached.get(index) as Value)),
    ...slices.map((index) => reached.get(index) as Value),
  ];
  const body = inner.finish(results.map((value, index) => ({ name: `result${index}`, value })));
  const starts = seeded.map((carry) => cotangents[carry] ?? builder.zerosLike(operands[carry] as Value));
  const zeros = summed.map((index) => builder.zerosLike(operands[index] as Value));
  const given = cotangents.flatMap((cotangent, index) => (index >= carries && cotangent !== undefined ? [cotangent] : []));
  const bound = new Map<Value, Value>();
  const bind = (inside: readonly Value[], outside: readonly Value[]): void => {
    inside.forEach((value, index) => void bound.set(value, outside[index] as Value));
  };
  bind(values.cotangents, starts);
  bind(sums, zeros);
  bind(values.sequences, [...entering, ...operands.slice(carries, carries + sequences), ...given]);
  bind(values.wholes, operands.slice(carries + sequences));
  const used = new Set(body.nodes.flatMap((one) => one.operands).concat(body.results.map(({ value }) => value)));
  const order = [...values.cotangents, ...sums, ...values.sequences, ...values.wholes];
  const isCarry = new Set([...values.cotangents, ...sums]);
  const kept = order.filter((value) => isCarry.has(value) || used.has(value));
  const nameOf = new Map(body.parameters.map(({ name, value }) => [value, name]));
  const found = builder.apply(
    'scan',
    kept.map((value) => lookUp(bound, value)),
    {
      body: { ...body, parameters: kept.map((value) => ({ name: nameOf.get(value) as string, value })) },
      length,
      carries: isCarry.size,
      sequences: values.sequences.filter((value) => used.has(value)).length,
      reverse: !reverse,
    },
  );
  const outgoing: (Value | undefined)[] = operands.map(() => undefined);
  [...seeded, ...summed, ...slices].forEach((operand, index) => {
    outgoing[operand] = found[index] as Value;
  });
  return outgoing;
}

/** Finds which carries have cotangents at all: those of the results that came with one, and those that they pass it on to. */
function backwardStep({ gradient, node, cotangents, needed, rules, reverse }: Passage<Node<'scan'>>): BackwardStep {
  const { body, carries, sequences } = node.attributes;
  const active = activeInScan(node, needed, rules);
  const isWanted = body.parameters.map(({ value }) => active.has(value));
  const wrt = positions(isWanted);
  const fresh = freshName('cotangent', body);
  const seeded = new Set(positions(isWanted).filter((index) => index < carries && cotangents[index] !== undefined));
  for (;;) {
    const inner = new FunctionBuilder();
    inner.source = gradient.builder.source;
    const carried = [...seeded].toSorted((a, b) => a - b);
    const seeds: (Value | undefined)[] = cotangents.map(() => undefined);
    for (const carry of carried) seeds[carry] = inner.parameter(`${fresh}${carry}`, typeOfResult(body, carry));
    const args = body.parameters.map(({ name, value }) => inner.parameter(name, value.type));
    const given: Value[] = [];
    cotangents.forEach((cotangent, index) => {
      if (index < carries || cotangent === undefined) return;
      const seed = inner.parameter(`${fresh}${index}`, typeOfResult(body, index));
      seeds[index] = seed;
      given.push(seed);
    });
    const { gradients } = reverse(inner, body, args, () => seeds, wrt, rules);
    const reached = new Map<number, Value>();
    wrt.forEach((index, position) => {
      const value = gradients[position];
      if (value !== undefined) reached.set(index, value);
    });
    const size = seeded.size;
    for (const index of reached.keys()) if (index < carries) seeded.add(index);
    if (seeded.size > size) continue;
    return {
      seeded: carried,
      reached,
      inner,
      cotangents: carried.map((carry) => seeds[carry] as Value),
      sequences: [...args.slice(0, carries + sequences), ...given],
      wholes: args.slice(carries + sequences),
    };
  }
}

function typeOfResult(body: Func, index: number): Value['type'] {
  return (body.results[index] as { value: Value }).value.type;
}

function positions(flags: readonly boolean[]): number[] {
  return flags.flatMap((flag, index) => (flag ? [index] : []));
}

/** A prefix that no parameter has: a body that came out of reverse mode already has parameters for cotangents. */
function freshName(prefix: string, { parameters }: { readonly parameters: readonly { readonly name: string }[] }): string {
  return parameters.some(({ name }) => name.startsWith(prefix)) ? freshName(`${prefix}_`, { parameters }) : prefix;
}

/** @file Loops over the rows of stacked tensors, as `stablehlo.while`. What a step needs goes round in the loop: regions capture nothing. */
import { names, type StableBuilder } from './builder.ts';
import { type StableTensor, type StableType, signatureText, typeText } from './tensor.ts';

export interface Loop {
  /** Length of the stacks. */
  readonly steps: number;
  /** How many steps to run: all, or as many as this tensor (i32, a scalar) says. */
  readonly count: StableTensor | 'all';
  /** Whether the last rows come first. */
  readonly reverse: boolean;
  /** First values of what each step replaces. */
  readonly carried: readonly StableTensor[];
  /** Stacks whose rows the steps read. */
  readonly sequences: readonly StableTensor[];
  /** What is the same for all steps. */
  readonly fixed: readonly StableTensor[];
  /** Types of what a step puts out. */
  readonly outputs: readonly StableType[];
}

/** What one step gives. */
export interface StepResults {
  readonly carried: readonly StableTensor[];
  readonly outputs: readonly StableTensor[];
}

export type Step = (
  builder: StableBuilder,
  carried: readonly StableTensor[],
  rows: readonly StableTensor[],
  fixed: readonly StableTensor[],
) => StepResults;

const scalar = { element: 'i32', shape: [] } as const;

/** Adds the loop; gives what the last step carried, and the outputs of all steps, stacked (zeros for steps that did not run). */
export function writeLoop(builder: StableBuilder, loop: Loop, step: Step): StepResults {
  const { steps, count, carried, sequences, fixed, outputs } = loop;
  const stacks = outputs.map(({ element, shape }) => builder.splat(0, { element, shape: [steps, ...shape] }));
  const counted = count === 'all' ? [] : [count];
  const firsts = [builder.scalar(0, 'i32'), ...counted, ...carried, ...sequences, ...fixed, ...stacks];
  const body = builder.region();
  const inside = body.arguments(firsts);
  const taken = <T>(list: readonly T[], groups: readonly (readonly unknown[])[]) => {
    const from = 1 + counted.length + groups.slice(0, -1).reduce((sum, group) => sum + group.length, 0);
    return list.slice(from, from + (groups.at(-1)?.length ?? 0));
  };
  const turn = inside[0] as StableTensor;
  const row = loop.reverse ? body.elementwise('stablehlo.subtract', body.scalar(steps - 1, 'i32'), turn) : turn;
  const results = step(
    body,
    taken(inside, [carried]),
    taken(inside, [carried, sequences]).map((stack) => readRow(body, stack, row)),
    taken(inside, [carried, sequences, fixed]),
  );
  const next = [
    body.add(turn, body.scalar(1, 'i32')),
    ...inside.slice(1, 1 + counted.length),
    ...results.carried,
    ...taken(inside, [carried, sequences]),
    ...taken(inside, [carried, sequences, fixed]),
    ...taken(inside, [carried, sequences, fixed, stacks]).map((stack, index) =>
      writeRow(body, stack, row, results.outputs[index] as StableTensor),
    ),
  ];
  const limit = builder.region();
  const more = limit.compare('LT', turn, count === 'all' ? limit.scalar(steps, 'i32') : (inside[1] as StableTensor));
  const types = firsts.map(typeText).join(', ');
  const indented = (lines: readonly string[]) => lines.map((line) => line.replace(/^/gm, '  '));
  const text = [
    `stablehlo.while(${inside.map(({ name }, index) => `${name} = ${firsts[index]?.name}`).join(', ')}) : ${types}`,
    'cond {',
    ...indented([...limit.lines, `stablehlo.return ${more.name} : ${typeText(more)}`]),
    '} do {',
    ...indented([...body.lines, `stablehlo.return ${names(next)} : ${types}`]),
    '}',
  ].join('\n');
  const last = builder.operations(text, firsts);
  return { carried: taken(last, [carried]), outputs: taken(last, [carried, sequences, fixed, stacks]) };
}

/** One row of a stack, without the leading dimension. */
function readRow(body: StableBuilder, stack: StableTensor, row: StableTensor): StableTensor {
  const type = { element: stack.element, shape: [1, ...stack.shape.slice(1)] };
  const starts = startsOf(body, stack, row);
  const slice = body.operation(
    `stablehlo.dynamic_slice ${names([stack, ...starts])}, sizes = [${type.shape.join(', ')}] : ${signatureText([stack, ...starts.map(() => scalar)], type)}`,
    type,
  );
  return body.reshape(slice, stack.shape.slice(1));
}

/** The stack with one row replaced. */
function writeRow(body: StableBuilder, stack: StableTensor, row: StableTensor, value: StableTensor): StableTensor {
  const update = body.reshape(value, [1, ...value.shape]);
  const starts = startsOf(body, stack, row);
  return body.operation(
    `stablehlo.dynamic_update_slice ${names([stack, update, ...starts])} : ${signatureText([stack, update, ...starts.map(() => scalar)], stack)}`,
    { element: stack.element, shape: stack.shape },
  );
}

function startsOf(body: StableBuilder, stack: StableTensor, row: StableTensor): readonly StableTensor[] {
  return [row, ...stack.shape.slice(1).map(() => body.scalar(0, 'i32'))];
}

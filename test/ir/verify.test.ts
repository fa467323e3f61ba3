/** @file The verifier accepts what is right and names function and node of what is wrong. */
import { describe, expect, test } from 'vitest';
import { FunctionBuilder } from '../../src/compiler/ir/build.ts';
import type { AnyNode, EntryFunction, Func, Program, Value } from '../../src/compiler/ir/ir.ts';
import { tensorType } from '../../src/compiler/ir/tensor-type.ts';
import { verifyFunction, verifyProgram } from '../../src/compiler/ir/verify.ts';
import { exampleProgram } from './example-program.ts';

const vector = tensorType('float', [2]);

/** (x, y) -> negate(x + y), whose nodes are then changed. */
function broken(change: (f: Func) => Partial<Func>): Func {
  const builder = new FunctionBuilder();
  const [x, y] = [builder.parameter('x', vector), builder.parameter('y', vector)];
  const f = builder.finish([{ name: 'z', value: builder.unary('negate', builder.binary('add', x, y)) }]);
  return { ...f, ...change(f) };
}

describe('functions', () => {
  const stranger: Value = { type: vector };
  const cases: readonly (readonly [string, Func, string])[] = [
    [
      'nodes out of order',
      broken((f) => ({ nodes: f.nodes.toReversed() })),
      'node 0 (negate): operand 0 (float[2]) is not defined before it is used',
    ],
    ['a node twice', broken((f) => ({ nodes: [...f.nodes, ...f.nodes] })), 'node 2 (add): result 0 is defined twice'],
    ['an undefined result', broken(() => ({ results: [{ name: 'z', value: stranger }] })), 'result z is not defined'],
    ['two results of one name', broken((f) => ({ results: [...f.results, ...f.results] })), 'two results are named z'],
    [
      'two parameters of one name',
      broken((f) => ({ parameters: [...f.parameters, { name: 'x', value: stranger }] })),
      'two parameters are named x',
    ],
    [
      'one value for two parameters',
      broken((f) => ({ parameters: [...f.parameters, { name: 'w', value: f.parameters[0]?.value ?? stranger }] })),
      'parameter w has the value of another parameter',
    ],
    [
      'a result of another type',
      broken((f) => ({ nodes: f.nodes.map((node): AnyNode => ({ ...node, results: [{ type: tensorType('float', [3]) }] })) })),
      'node 0 (add): result 0 is float[3], its type rule gives float[2]',
    ],
    [
      'too many results',
      broken((f) => ({ nodes: f.nodes.map((node): AnyNode => ({ ...node, results: [...node.results, stranger] })) })),
      'node 0 (add): 2 results, its type rule gives 1',
    ],
    [
      'operands of another type',
      broken((f) => ({ parameters: f.parameters.map(({ name, value }) => ({ name, value })), nodes: f.nodes.map(withoutOperands) })),
      'node 0 (add): add: expected 2 operands, found 0',
    ],
  ];
  test.each(cases)('%s', (_, f, problem) => {
    expect(() => verifyFunction(f)).toThrow(problem);
  });

  test('a right function passes', () => {
    expect(() => verifyFunction(broken(() => ({})))).not.toThrow();
  });
});

function withoutOperands(node: AnyNode): AnyNode {
  return { ...node, operands: [] };
}

describe('regions', () => {
  function around(region: Func, x: (builder: FunctionBuilder) => Value): Func {
    const builder = new FunctionBuilder();
    const operand = x(builder);
    const results = builder.apply('map_tasks', [operand], { body: region, mapped: [true], tasks: 2 });
    return builder.finish(results.map((value, index) => ({ name: `r${index}`, value })));
  }

  test('see nothing of what surrounds them', () => {
    const outer = new FunctionBuilder();
    const x = outer.parameter('x', vector);
    const inner = new FunctionBuilder();
    const own = inner.parameter('own', tensorType('float', []));
    const closed = inner.finish([{ name: 'own', value: own }]);
    const open: Func = { ...closed, results: [{ name: 'leak', value: x }] };
    const [result] = outer.apply('map_tasks', [x], { body: open, mapped: [true], tasks: 2 });
    const f = outer.finish([{ name: 'r', value: result ?? x }]);
    expect(() => verifyFunction(f)).toThrow('node 0 (map_tasks) > region: result leak is not defined');
    const right = around(closed, (builder) => builder.parameter('x', vector));
    expect(() => verifyFunction(right)).not.toThrow();
    expect(() => verifyFunction(right, { structural: false })).toThrow(
      'node 0 (map_tasks): structural primitives are not allowed any more',
    );
  });
});

describe('programs', () => {
  const example = exampleProgram();
  const entry = example.functions[0] as EntryFunction;
  const cases: readonly (readonly [string, Partial<Program>, string])[] = [
    ['two weights of one name', { weights: [...example.weights, ...example.weights] }, 'two weight or states are named net.w'],
    ['two functions of one name', { functions: [entry, entry] }, 'two functions are named step'],
    ['a parameter that is nothing', { weights: [] }, 'function step: parameter net.w is neither a weight, a state nor an input'],
    [
      'a parameter of another type',
      { weights: [{ name: 'net.w', type: vector }] },
      'function step: parameter net.w is float[], declared as float[2]',
    ],
    [
      'a replacement of another type',
      {
        functions: [
          { ...entry, body: { ...entry.body, results: entry.body.results.map((r) => (r.name === 'odd' ? { ...r, name: 'lowest' } : r)) } },
        ],
      },
      'function step: result lowest is float[4] and would replace float[]',
    ],
    [
      'an input with the name of a weight',
      { functions: [{ ...entry, inputs: entry.inputs.map((input) => ({ ...input, name: 'net.w' })) }] },
      'function step: input net.w has the name of a weight',
    ],
    ['a plan without its function', { functions: [{ ...entry, name: 'other' }] }, 'train: there is no function step'],
    [
      'a report without its result',
      { evaluate: { episodes: 1, entry: 'step', episodeShapes: [], reports: [{ label: 'a', result: 'accuracy' }] } },
      'evaluate: function step has no result accuracy',
    ],
  ];
  test.each(cases)('%s', (_, change, problem) => {
    expect(() => verifyProgram({ ...example, ...change })).toThrow(problem);
  });

  test('a right program passes, before differentiation only', () => {
    expect(() => verifyProgram(example)).not.toThrow();
    expect(() => verifyProgram(example, { structural: false })).toThrow('function step, node 0 (map_tasks)');
  });
});

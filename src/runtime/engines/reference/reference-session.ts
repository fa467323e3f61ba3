/** @file A program on the reference evaluator: resident arrays by name, entry functions run as they stand. */
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import { evaluateFunction } from '../../../compiler/ir/evaluate/evaluate.ts';
import type { HostArray } from '../../../compiler/ir/host-array.ts';
import type { EntryFunction, Program } from '../../../compiler/ir/ir.ts';
import type { TensorType } from '../../../compiler/ir/tensor-type.ts';
import { runOneByOne, type Session, type Tensors } from '../../engine.ts';
import type { Tensor } from '../../tensor.ts';
import { toArray, toTensor } from './arrays.ts';

/** Types of everything that stays in the engine. */
function residentTypes(program: Program): ReadonlyMap<string, TensorType> {
  const data = program.functions.flatMap(({ inputs }) => inputs.filter(({ kind }) => kind === 'data'));
  return new Map([...program.weights, ...program.state, ...data].map(({ name, type }) => [name, type]));
}

export class ReferenceSession implements Session {
  readonly parallel = 1;
  readonly #entries: ReadonlyMap<string, EntryFunction>;
  readonly #types: ReadonlyMap<string, TensorType>;
  /** Weights and state, whose names results may replace. */
  readonly #replaceable: ReadonlySet<string>;
  readonly #resident = new Map<string, HostArray>();

  constructor(program: Program) {
    this.#entries = new Map(program.functions.map((entry) => [entry.name, entry]));
    this.#types = residentTypes(program);
    this.#replaceable = new Set([...program.weights, ...program.state].map(({ name }) => name));
  }

  async write(tensors: Tensors): Promise<void> {
    for (const [name, tensor] of tensors) {
      const type = this.#types.get(name);
      if (type === undefined) throw new InternalError(`the program keeps no ${name}`);
      this.#resident.set(name, toArray(name, tensor, type));
    }
  }

  async read(names: readonly string[]): Promise<Tensors> {
    return new Map(names.map((name) => [name, toTensor(this.#residentArray(name))]));
  }

  async run(entry: string, inputs: Tensors): Promise<Tensors> {
    const found = this.#entries.get(entry);
    if (found === undefined) throw new InternalError(`the program has no function ${entry}`);
    const args = found.body.parameters.map(({ name, value }) => {
      const input = inputs.get(name);
      return input === undefined ? this.#residentArray(name) : toArray(name, input, value.type);
    });
    const results = evaluateFunction(found.body, args);
    const returned = new Map<string, Tensor>();
    found.body.results.forEach(({ name }, index) => {
      const result = results[index] as HostArray;
      if (this.#replaceable.has(name)) this.#resident.set(name, result);
      else returned.set(name, toTensor(result));
    });
    return returned;
  }

  callsAtOnce(): number {
    return 1;
  }

  runMany(entry: string, calls: readonly Tensors[]): Promise<readonly Tensors[]> {
    return runOneByOne(this, entry, calls);
  }

  async dispose(): Promise<void> {
    this.#resident.clear();
  }

  #residentArray(name: string): HostArray {
    const array = this.#resident.get(name);
    if (array === undefined) throw new InternalError(`${name} is neither given nor resident`);
    return array;
  }
}

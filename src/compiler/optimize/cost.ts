/** @file A forecast of what a function costs to run, from its types alone: used by `explain` and to choose how many tasks go into a chunk. */
import type { AnyNode, Func, Value } from '../ir/ir.ts';
import { bytesOf, sizeOf, type TensorType } from '../ir/tensor-type.ts';

export interface Cost {
  /** Arithmetic: one for each elementwise operation, two for each multiply-add of a product or convolution. */
  readonly flops: number;
  /** Read and written by all nodes, as if each went through memory; reshapes, broadcasts and splat constants are free. */
  readonly bytes: number;
  /** Most bytes that are alive at once, parameters and results included, when each value is freed after its last use. */
  readonly peakBytes: number;
  readonly nodes: number;
}

/** Forecast of the memory of a process that runs a program, and where it goes. */
export interface Footprint {
  readonly bytes: number;
  readonly parts: readonly (readonly [string, number])[];
}

export interface CostOptions {
  /** Size of a `float` on the engine; 4 unless told. */
  readonly floatBytes?: number;
}

function elements(value: Value): number {
  return sizeOf(value.type.shape);
}

/** Arithmetic of one node. */
export function flopsOf(node: AnyNode): number {
  const result = node.results[0];
  const operand = node.operands[0];
  const size = result === undefined ? 0 : elements(result);
  switch (node.op) {
    case 'constant':
    case 'iota':
    case 'convert':
    case 'broadcast_in_dim':
    case 'reshape':
    case 'transpose':
    case 'reverse':
    case 'slice':
    case 'pad':
    case 'concatenate':
    case 'gather':
    case 'stop_gradient':
    case 'window_take':
    case 'window_put':
      return 0;
    case 'reduce_sum':
    case 'reduce_max':
    case 'arg_max':
    case 'cumulative_sum':
    case 'scatter_add':
    case 'window_argmax':
      return operand === undefined ? 0 : elements(operand);
    case 'dot_general': {
      const { shape } = (operand as Value).type;
      return 2 * size * sizeOf(node.attributes.lhsContract.map((axis) => shape[axis] as number));
    }
    case 'convolution':
      // Each result element sums over the kernel's input features and places; zeros of dilation and padding are counted too.
      return 2 * size * sizeOf((node.operands[1] as Value).type.shape.slice(1));
    case 'map_tasks':
      return node.attributes.tasks * totalFlops(node.attributes.body);
    case 'scan':
      return node.attributes.length * totalFlops(node.attributes.body);
    case 'implicit_root':
      return 0;
    case 'gradient':
      // Reverse mode costs about as much again for each operand of a product.
      return 3 * totalFlops(node.attributes.body);
    default:
      return size;
  }
}

function totalFlops(f: Func): number {
  return f.nodes.reduce((total, node) => total + flopsOf(node), 0);
}

/** Cost of one call of `f`. */
export function costOf(f: Func, { floatBytes = 4 }: CostOptions = {}): Cost {
  const bytesHere = (type: TensorType): number => bytesOf(type, floatBytes);
  // A reshape shares its operand's memory, engines repeat small tensors on the fly, and a splat constant needs no memory.
  const owner = new Map<Value, Value>();
  const free = new Set<Value>();
  const own = (value: Value): Value => owner.get(value) ?? value;
  const lastUse = new Map<Value, number>();
  let bytes = 0;
  f.nodes.forEach((node, index) => {
    const result = node.results[0] as Value;
    if (node.op === 'reshape' || node.op === 'broadcast_in_dim' || node.op === 'stop_gradient')
      owner.set(result, own(node.operands[0] as Value));
    else if (node.op === 'constant' && node.attributes.values.length === 1) free.add(result);
    else if (node.op === 'scan') bytes += node.attributes.length * costOf(node.attributes.body, { floatBytes }).bytes;
    else for (const value of [...node.operands, ...node.results]) if (!free.has(own(value))) bytes += bytesHere(own(value).type);
    for (const operand of node.operands) lastUse.set(own(operand), index);
  });
  for (const { value } of f.results) lastUse.set(own(value), f.nodes.length);
  const dying: Value[][] = f.nodes.map(() => []);
  let live = 0;
  /** What one step of a scan needs besides what it is given. */
  const inside = (body: Func): number =>
    costOf(body, { floatBytes }).peakBytes - body.parameters.reduce((total, { value }) => total + bytesHere(value.type), 0);
  const kept = new Set<Value>();
  for (const { value } of f.parameters) {
    live += bytesHere(value.type);
    kept.add(value);
  }
  for (const [value, index] of lastUse) if (!kept.has(value) && !free.has(value)) dying[index]?.push(value);
  let peakBytes = live;
  f.nodes.forEach((node, index) => {
    for (const result of node.results) if (own(result) === result && !free.has(result)) live += bytesHere(result.type);
    const during = node.op === 'scan' ? inside(node.attributes.body) : 0;
    if (live + during > peakBytes) peakBytes = live + during;
    for (const value of dying[index] as readonly Value[]) live -= bytesHere(value.type);
  });
  return { flops: totalFlops(f), bytes, peakBytes, nodes: f.nodes.length };
}

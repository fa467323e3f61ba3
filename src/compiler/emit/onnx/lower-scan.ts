/** @file A recurrence as ONNX's Scan, whose body is a graph of its own. */
import type { AnyNode, Node, Value } from '../../ir/ir.ts';
import type { ElementType, GraphBuilder, OnnxTensor, ResultType } from './graph.ts';
import { ELEMENT_OF, LoweringContext } from './lowering-context.ts';

type LowerNode = (context: LoweringContext, node: AnyNode) => void;

/**
 * Carries become state variables and sequences scan inputs; what every step gets whole is read from the graph around, which ONNX allows
 * by name. Measured against Loop on ONNX Runtime: bench/NOTES.md.
 */
export function scan(context: LoweringContext, node: Node<'scan'>, lowerNode: LowerNode): void {
  const { body, carries, sequences, length, reverse } = node.attributes;
  const { graph } = context;
  const inner = graph.region();
  const inside = new LoweringContext(inner);
  const given: OnnxTensor[] = [];
  body.parameters.forEach(({ value }, index) => {
    const operand = node.operands[index] as Value;
    if (index >= carries + sequences) {
      inside.define(value, known(inner, graph, context.small(operand)));
      return;
    }
    given.push(context.full(operand));
    inside.define(value, inner.input(inner.fresh('in'), ELEMENT_OF[value.type.dtype], value.type.shape));
  });
  if (sequences === 0) given.push(counter(graph, inner, length));
  for (const one of body.nodes) {
    inner.source = one.source ?? node.source;
    lowerNode(inside, one);
  }
  for (const { value } of body.results) inner.output(inner.fresh('out'), inside.full(value));
  const types = node.results.map(({ type }): ResultType => ({ element: ELEMENT_OF[type.dtype], shape: type.shape }));
  const inputs = Math.max(sequences, 1);
  const direction = reverse ? 1 : 0;
  const results = graph.nodes('Scan', given, types, {
    body: { graph: inner.finish(inner.name) },
    num_scan_inputs: inputs,
    scan_input_directions: new Array<number>(inputs).fill(direction),
    ...(types.length > carries ? { scan_output_directions: new Array<number>(types.length - carries).fill(direction) } : {}),
  });
  node.results.forEach((value, index) => void context.define(value, results[index] as OnnxTensor));
}

/** Constants are told to the inner graph, whose lowerings look for them. */
function known(inner: GraphBuilder, outer: GraphBuilder, tensor: OnnxTensor): OnnxTensor {
  const values = outer.valuesOf(tensor);
  return values === undefined ? tensor : inner.constant(tensor.element, tensor.shape, values);
}

/** Scan takes at least one sequence: it is what says how many steps there are. */
function counter(outer: GraphBuilder, inner: GraphBuilder, length: number): OnnxTensor {
  const element: ElementType = 'float32';
  inner.input(inner.fresh('in'), element, []);
  return outer.constant(element, [length], new Array<number>(length).fill(0));
}

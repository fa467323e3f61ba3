/** @file An ONNX graph as text, one node a line: what `compile --stage onnx` shows and the golden tests compare. */
import { IR_VERSION, type OnnxAttribute, type OnnxGraph, type OnnxTensor, OPSET_VERSION } from './graph.ts';

/** Constants longer than this are abbreviated. */
const SHOWN_VALUES = 8;

export function printOnnx(graph: OnnxGraph): string {
  return `${[`onnx ir ${IR_VERSION} opset ${OPSET_VERSION}`, ...graphLines(graph)].join('\n')}\n`;
}

/** A graph within a node is printed below it, indented. */
function graphLines(graph: OnnxGraph): string[] {
  const lines = [`graph ${graph.name}`];
  for (const input of graph.inputs) lines.push(`  input ${input.name}: ${printTensorType(input)}`);
  for (const { tensor, values } of graph.initializers) {
    const shown = values.slice(0, SHOWN_VALUES).join(', ') + (values.length > SHOWN_VALUES ? `, … ${values.length} values` : '');
    lines.push(`  constant ${tensor.name}: ${printTensorType(tensor)} = ${shown}`);
  }
  for (const node of graph.nodes) {
    const attributes = Object.entries(node.attributes).map(([name, value]) => `${name}=${printAttribute(value)}`);
    const inner = Object.values(node.attributes).flatMap((value) => (isGraph(value) ? graphLines(value.graph) : []));
    lines.push(
      `  ${node.outputs.join(', ')} = ${node.op}(${node.inputs.join(', ')})${attributes.length > 0 ? ` {${attributes.join(', ')}}` : ''}`,
    );
    lines.push(...inner.map((line) => `    ${line}`));
  }
  for (const output of graph.outputs) lines.push(`  output ${output.name}: ${printTensorType(output)}`);
  return lines;
}

function isGraph(value: OnnxAttribute): value is { readonly graph: OnnxGraph } {
  return typeof value === 'object' && 'graph' in value;
}

function printTensorType(tensor: OnnxTensor): string {
  return `${tensor.element}[${[...(tensor.stacked === undefined ? [] : [tensor.stacked]), ...tensor.shape].join(', ')}]`;
}

function printAttribute(value: OnnxAttribute): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (isGraph(value)) return value.graph.name;
  if ('float' in value) return `${value.float}f`;
  return `[${value.join(', ')}]`;
}

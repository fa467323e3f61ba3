/** @file Writes an OnnxGraph as an ONNX model in protobuf. */
import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import {
  ELEMENT_CODES,
  IR_VERSION,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxInitializer,
  type OnnxTensor,
  OPSET_VERSION,
} from './graph.ts';

/** The bytes of an `.onnx` file. */
export function encodeModel(graph: OnnxGraph, metadata: Readonly<Record<string, string>> = {}): Uint8Array<ArrayBuffer> {
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(IR_VERSION),
    opsetImport: [{ domain: '', version: BigInt(OPSET_VERSION) }],
    producerName: 'metac',
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: encodeGraph(graph),
  });
  return toBinary(ModelProtoSchema, model);
}

/** What a node of a graph is called in the file: its operator and its place. */
export function nodeName(op: string, index: number): string {
  return `${op}${index}`;
}

function encodeGraph(graph: OnnxGraph): GraphProto {
  return create(GraphProtoSchema, {
    name: graph.name,
    input: graph.inputs.map(valueInfo),
    output: graph.outputs.map(valueInfo),
    initializer: graph.initializers.map(initializer),
    node: graph.nodes.map((node, index) =>
      create(NodeProtoSchema, {
        name: nodeName(node.op, index),
        opType: node.op,
        input: [...node.inputs],
        output: [...node.outputs],
        attribute: Object.entries(node.attributes).map(([name, value]) => attribute(name, value)),
      }),
    ),
  });
}

function valueInfo(tensor: OnnxTensor) {
  return create(ValueInfoProtoSchema, {
    name: tensor.name,
    type: {
      value: {
        case: 'tensorType',
        value: {
          elemType: ELEMENT_CODES[tensor.element],
          shape: {
            dim: [
              ...(tensor.stacked === undefined ? [] : [{ value: { case: 'dimParam' as const, value: tensor.stacked } }]),
              ...tensor.shape.map((size) => ({ value: { case: 'dimValue' as const, value: BigInt(size) } })),
            ],
          },
        },
      },
    },
  });
}

function attribute(name: string, value: OnnxAttribute) {
  if (typeof value === 'number') return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) });
  if (typeof value === 'string')
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.STRING, s: new TextEncoder().encode(value) });
  if ('graph' in value)
    return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.GRAPH, g: encodeGraph(value.graph) });
  if ('float' in value) return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.FLOAT, f: value.float });
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) });
}

/** Little-endian raw data, as the format demands on every machine. */
function initializer({ tensor, values }: OnnxInitializer) {
  return create(TensorProtoSchema, {
    name: tensor.name,
    dims: tensor.shape.map(BigInt),
    dataType: ELEMENT_CODES[tensor.element],
    rawData: rawData(tensor, values),
  });
}

const WIDTHS = { float32: 4, int32: 4, int64: 8, bool: 1, uint8: 1 } as const;

function rawData(tensor: OnnxTensor, values: readonly number[]): Uint8Array<ArrayBuffer> {
  const width = WIDTHS[tensor.element];
  const bytes = new Uint8Array(values.length * width);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    const at = index * width;
    if (tensor.element === 'float32') view.setFloat32(at, value, true);
    else if (tensor.element === 'int32') view.setInt32(at, value, true);
    else if (tensor.element === 'int64') view.setBigInt64(at, BigInt(value), true);
    else view.setUint8(at, value);
  });
  return bytes;
}

/** @file safetensors: the published layout, strict reading, and the same bytes for the same tensors. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors, SafetensorsError } from '../../../src/runtime/checkpoint/safetensors.ts';
import type { Tensor } from '../../../src/runtime/tensor.ts';

const tensors = new Map<string, Tensor>([
  ['net.kernel', { dtype: 'float', shape: [2, 2], data: Float32Array.of(1, -2, 0.5, 1e-40) }],
  ['step', { dtype: 'float', shape: [], data: Float64Array.of(Math.PI) }],
  ['counts', { dtype: 'int', shape: [3], data: Int32Array.of(1, -1, 7) }],
  ['mask', { dtype: 'bool', shape: [2], data: Uint8Array.of(0, 1) }],
  ['images', { dtype: 'uint8', shape: [1, 3], data: Uint8Array.of(0, 128, 255) }],
  ['empty', { dtype: 'float', shape: [0, 4], data: new Float32Array(0) }],
]);

const encode = (content: ReadonlyMap<string, Tensor>, metadata: Record<string, string> = {}) =>
  Buffer.concat(encodeSafetensors({ tensors: content, metadata }));

/** A file with the given header text and data. */
function fileOf(header: string, data: Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([length, Buffer.from(header), data]);
}

test('what is written is read', () => {
  const { tensors: read, metadata } = decodeSafetensors(encode(tensors, { step: '7', name: 'größe' }));
  expect(read).toEqual(new Map([...read.keys()].map((name) => [name, tensors.get(name)])));
  expect(read.size).toBe(tensors.size);
  expect(metadata).toEqual({ step: '7', name: 'größe' });
});

test('the order of insertion does not change the bytes', () => {
  expect(encode(new Map([...tensors].reverse())).equals(encode(tensors))).toBe(true);
});

test('the header is aligned and the layout is the published one', () => {
  const bytes = encode(new Map([['a', { dtype: 'float', shape: [1], data: Float32Array.of(1) }]]));
  const length = Number(bytes.readBigUInt64LE());
  expect(length % 8).toBe(0);
  expect(JSON.parse(bytes.subarray(8, 8 + length).toString())).toEqual({
    __metadata__: {},
    a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
  });
  expect(bytes.readFloatLE(8 + length)).toBe(1);
});

describe('refused', () => {
  const entry = (dtype: string, shape: unknown, offsets: unknown) => JSON.stringify({ a: { dtype, shape, data_offsets: offsets } });
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['an absurd header length', Buffer.from('ffffffffffffff7f', 'hex')],
    ['a header that is not JSON', fileOf('{"a"', Buffer.alloc(0))],
    ['a header that is a list', fileOf('[]', Buffer.alloc(0))],
    ['an unknown type', fileOf(entry('F8', [4], [0, 4]), Buffer.alloc(4))],
    ['a wrong size', fileOf(entry('F32', [2], [0, 4]), Buffer.alloc(4))],
    ['a negative size', fileOf(entry('F32', [-1, -1], [0, 4]), Buffer.alloc(4))],
    ['an overflowing size', fileOf(entry('F32', [2 ** 40, 2 ** 40], [0, 4]), Buffer.alloc(4))],
    ['data beyond the end', fileOf(entry('F32', [2], [0, 8]), Buffer.alloc(4))],
    ['a gap', fileOf(entry('F32', [1], [4, 8]), Buffer.alloc(8))],
    ['bytes that belong to nothing', fileOf(entry('F32', [1], [0, 4]), Buffer.alloc(8))],
    ['metadata that is not text', fileOf('{"__metadata__":{"a":1}}', Buffer.alloc(0))],
  ])('%s', (_, bytes) => {
    expect(() => decodeSafetensors(bytes)).toThrow(SafetensorsError);
  });

  test('every truncation', () => {
    const bytes = encode(tensors);
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeSafetensors(bytes.subarray(0, length))).toThrow(SafetensorsError);
  });

  test('or read, whatever byte is changed: never another error', () => {
    const bytes = encode(tensors);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (position, value) => {
        const changed = Buffer.from(bytes);
        changed[position] = value;
        try {
          decodeSafetensors(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(SafetensorsError);
        }
      }),
      { numRuns: 1000, seed: 1 },
    );
  });
});

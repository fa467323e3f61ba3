/** @file The bytes of CompileOptionsProto. */
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { expect, test } from 'vitest';
import { encodeCompileOptions } from '../../../src/runtime/engines/xla/pjrt/compile-options.ts';

/** Fields of a message by number, numbers as bigint, the rest as bytes. */
function fieldsOf(bytes: Uint8Array): [number, bigint | Uint8Array][] {
  const reader = new BinaryReader(bytes);
  const fields: [number, bigint | Uint8Array][] = [];
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    fields.push([field, wire === 0 ? BigInt(reader.int64()) : reader.bytes()]);
  }
  return fields;
}

const text = (word: string) => new TextEncoder().encode(word);

test('replicas, one partition, default devices', () => {
  const [[field, build]] = fieldsOf(encodeCompileOptions({ replicas: 4, anyDevice: false, overrides: new Map() })) as [
    [number, Uint8Array],
  ];
  expect(field).toBe(3);
  expect(fieldsOf(build)).toEqual([
    [1, -1n],
    [4, 4n],
    [5, 1n],
  ]);
});

test('any device', () => {
  expect(fieldsOf(encodeCompileOptions({ replicas: 1, anyDevice: true, overrides: new Map() })).slice(1)).toEqual([[4, 1n]]);
});

test('overrides of text, truth and number', () => {
  const overrides = new Map<string, string | boolean | number>([
    ['xla_gpu_cuda_data_dir', '/cuda'],
    ['flag', true],
    ['level', 3],
  ]);
  const entries = fieldsOf(encodeCompileOptions({ replicas: 1, anyDevice: false, overrides })).slice(1);
  expect(entries.map(([field]) => field)).toEqual([7, 7, 7]);
  const pairs = entries
    .map(([, entry]) => fieldsOf(entry as Uint8Array))
    .map(([name, value]) => [name?.[1], fieldsOf(value?.[1] as Uint8Array)]);
  expect(pairs).toEqual([
    [text('xla_gpu_cuda_data_dir'), [[1, text('/cuda')]]],
    [text('flag'), [[2, 1n]]],
    [text('level'), [[3, 3n]]],
  ]);
});

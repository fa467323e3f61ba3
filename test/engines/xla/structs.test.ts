/** @file Structs as flat buffers: the offsets that a C compiler gives, what is written is read, later versions find room. */
import { describe, expect, test } from 'vitest';
import {
  CLIENT_BUFFER_FROM_HOST_BUFFER,
  CLIENT_CREATE,
  DEVICE_MEMORY_STATS,
  EVENT_IS_READY,
  EXECUTE_OPTIONS,
  LOADED_EXECUTABLE_EXECUTE,
  NAMED_VALUE,
  TILED_MEMORY_LAYOUT,
} from '../../../src/runtime/engines/xla/pjrt/layouts.ts';
import { Struct } from '../../../src/runtime/engines/xla/pjrt/structs.ts';

/** Printed by gcc from pjrt_c_api.h 0.90: PJRT_..._STRUCT_SIZE and some offsets. */
test.each([
  [CLIENT_CREATE, 88, { client: 64, kv_try_get_user_arg: 80 }],
  [CLIENT_BUFFER_FROM_HOST_BUFFER, 120, { type: 32, dims: 40, host_buffer_semantics: 72, device: 80, buffer: 112 }],
  [DEVICE_MEMORY_STATS, 185, { bytes_limit: 80, bytes_limit_is_set: 88, pool_bytes: 160 }],
  [EVENT_IS_READY, 25, { is_ready: 24 }],
  [EXECUTE_OPTIONS, 112, { launch_id: 48, non_donatable_input_indices: 56, incarnation_ids: 104 }],
  [LOADED_EXECUTABLE_EXECUTE, 80, { device_complete_events: 64, execute_device: 72 }],
  [NAMED_VALUE, 56, { type: 32, value: 40, value_size: 48 }],
  [TILED_MEMORY_LAYOUT, 76, { minor_to_major: 32, type: 72 }],
] as const)('$name lies as in C', (layout, size, offsets) => {
  expect(layout.size).toBe(size);
  const fields: Readonly<Record<string, { readonly offset: number }>> = layout.fields;
  for (const [field, offset] of Object.entries(offsets)) expect(fields[field]?.offset, field).toBe(offset);
});

describe('a struct', () => {
  test('says a size that leaves room for fields of later versions', () => {
    const { bytes } = new Struct(CLIENT_CREATE);
    const said = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(said).toBeGreaterThanOrEqual(88 + 64);
    expect(bytes.length).toBe(said);
  });

  test('has its own size in an array', () => {
    const { bytes } = new Struct(NAMED_VALUE, 0);
    expect([bytes.length, Number(new DataView(bytes.buffer).getBigUint64(0, true))]).toEqual([56, 56]);
  });

  test('keeps what is written', () => {
    const struct = new Struct(DEVICE_MEMORY_STATS)
      .set('device', 0xffff_8000_1234_5678n)
      .set('bytes_limit', 2 ** 40)
      .set('pool_bytes', -5);
    struct.set('bytes_limit_is_set', 1);
    expect(struct.pointer('device')).toBe(0xffff_8000_1234_5678n);
    expect([struct.number('bytes_limit'), struct.number('pool_bytes')]).toEqual([2 ** 40, -5]);
    expect([struct.number('bytes_limit_is_set'), struct.number('num_allocs_is_set')]).toEqual([1, 0]);
  });
});

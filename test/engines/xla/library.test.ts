/** @file What is no plugin, or one of another version, is refused with the reason; nothing crashes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { LimitationError } from '../../../src/compiler/diagnostics/internal-error.ts';
import { type Foreign, loadForeign } from '../../../src/runtime/engines/xla/pjrt/foreign.ts';
import { checkedApi, OLDEST_MINOR, PjrtLibrary } from '../../../src/runtime/engines/xla/pjrt/library.ts';

const folder = mkdtempSync(join(tmpdir(), 'metac-library-'));
afterAll(() => rmSync(folder, { recursive: true }));

const refused = async (path: string) => {
  const foreign = await loadForeign();
  expect(() => PjrtLibrary.open(foreign, path)).toThrow(LimitationError);
  return expect(() => PjrtLibrary.open(foreign, path));
};

describe('refuses', () => {
  test('a path where nothing is', async () => {
    (await refused(join(folder, 'nothing.so'))).toThrow('nothing.so could not be loaded');
  });

  test('a file that is no library', async () => {
    const path = join(folder, 'text.so');
    writeFileSync(path, 'not a library');
    (await refused(path)).toThrow('text.so could not be loaded');
  });

  test('a library that is no plugin', async () => {
    // Any library will do: the one of ONNX Runtime is always here.
    const path = createRequire(import.meta.url)
      .resolve('onnxruntime-node')
      .replace(/dist.*/, `bin/napi-v6/${process.platform}/${process.arch}/onnxruntime_binding.node`);
    (await refused(path)).toThrow('no PJRT plugin: it does not export GetPjrtApi');
  });
});

describe('the version', () => {
  /** A table of functions as a plugin of that version has it. */
  const versioned = (major: number, minor: number, functions = 138) => {
    const table = new DataView(new ArrayBuffer(40 + 8 * functions));
    table.setBigUint64(0, BigInt(table.byteLength), true);
    table.setBigUint64(16, 24n, true);
    table.setInt32(32, major, true);
    table.setInt32(36, minor, true);
    const foreign = { copy: (_: bigint, bytes: number) => new Uint8Array(table.buffer.slice(0, bytes)) } as Foreign;
    return () => checkedApi(foreign, '/plugin.so', 1n).version;
  };

  test('that metac was made with, later ones, and the oldest', () => {
    expect(versioned(0, 115)()).toBe('0.115');
    expect(versioned(0, 400, 300)()).toBe('0.400');
    expect(versioned(0, OLDEST_MINOR, 100)()).toBe(`0.${OLDEST_MINOR}`);
  });

  test('too old, by its number or by its size', () => {
    expect(versioned(0, OLDEST_MINOR - 1)).toThrow(LimitationError);
    expect(versioned(0, 20)).toThrow('/plugin.so is too old: it speaks version 0.20 of the PJRT C API');
    expect(versioned(0, 115, 60)).toThrow('too old');
  });

  test('too new', () => {
    expect(versioned(1, 3)).toThrow(LimitationError);
    expect(versioned(1, 3)).toThrow('/plugin.so is too new: it speaks version 1.3 of the PJRT C API');
  });
});

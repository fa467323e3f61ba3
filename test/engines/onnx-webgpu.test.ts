/** @file The engine onnx on WebGPU: every primitive, and weights that stay on the device. Without a graphics card on SwiftShader, Chromium's Vulkan driver. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { gpuSeen } from '../../src/runtime/engines/onnx/onnx-engine.ts';
import type { ChildReport } from './webgpu-child.ts';

/** Debian's chromium-common brings the driver and the loader. */
const CHROMIUM = '/usr/lib/chromium';
const DRIVER = `${CHROMIUM}/vk_swiftshader_icd.json`;

const environment = gpuSeen() ? {} : existsSync(DRIVER) ? { LD_LIBRARY_PATH: CHROMIUM, VK_ICD_FILENAMES: DRIVER } : undefined;
if (environment === undefined)
  console.warn(`WebGPU is skipped: no graphics card is seen, and there is no ${DRIVER} (apt-get install chromium-common).`);

test.skipIf(environment === undefined)('every primitive and some steps of training agree with the reference', { timeout: 240_000 }, () => {
  const child = fileURLToPath(new URL('webgpu-child.ts', import.meta.url));
  const printed = execFileSync(process.execPath, ['--import', 'tsx', child], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  const report = JSON.parse(printed) as ChildReport;
  expect(report.wrong).toEqual([]);
  expect(report.primitives.length).toBeGreaterThan(45);
  expect(report.losses.length).toBe(report.expected.length);
  report.losses.forEach((loss, index) => {
    expect(loss).toBeCloseTo(report.expected[index] ?? Number.NaN, 4);
  });
  expect(report.losses[3]).toBeLessThan(report.losses[0] ?? 0);
});

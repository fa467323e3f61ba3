/**
 * @file Where ONNX Runtime puts the nodes of a program on a device: those that the device has no kernel for fall back to the processor, with copies
 * before and after. Read from the runtime's own profile of one call with zeros.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import { LimitationError } from '../../../compiler/diagnostics/internal-error.ts';
import { nodeSources, onnxGraph } from '../../../compiler/emit/onnx/emit.ts';
import type { Program, SourceRange } from '../../../compiler/ir/ir.ts';
import { sizeOf } from '../../../compiler/ir/tensor-type.ts';
import { compileEntries, loadRuntime, type OnnxDevice, type OnnxRuntime } from './compile-entries.ts';

export interface FallenBack {
  /** ONNX operator; `MemcpyToHost` and `MemcpyFromHost` are the copies that the others cost. */
  readonly operator: string;
  readonly nodes: number;
  /** Where in the spec the first of them comes from. */
  readonly source: SourceRange | undefined;
}

export interface EntryPlacement {
  readonly entry: string;
  /** Nodes that run on the device. */
  readonly onDevice: number;
  /** Nodes that run on the processor. */
  readonly onProcessor: number;
  /** Those on the processor by operator, most frequent first. */
  readonly fallenBack: readonly FallenBack[];
}

/** Runs every entry function but `initialize` once on the device. Throws LimitationError without the runtime. */
export async function placementOf(program: Program, device: OnnxDevice): Promise<readonly EntryPlacement[]> {
  const runtime = await loadRuntime();
  const placements: EntryPlacement[] = [];
  for (const { entry, model, options } of compileEntries(program, { threads: 1 }, device).values()) {
    const events = await profileOf(runtime, model(), options).catch((error: unknown) => {
      // Whether there is such a device only the runtime knows, and it says so in the words of its sources.
      const reason = String(error instanceof Error ? error.message : error)
        .split('\n', 1)
        .join('')
        .replace(/^\/.* was false\. /, '');
      throw new LimitationError(`ONNX Runtime found no device that \`${device}\` can use on this machine (${reason})`);
    });
    placements.push({ entry: entry.name, ...summaryOf(events, nodeSources(onnxGraph(entry))) });
  }
  return placements;
}

interface Event {
  readonly name: string;
  readonly operator: string;
  readonly provider: string;
}

async function profileOf(runtime: OnnxRuntime, model: Uint8Array, options: InferenceSession.SessionOptions): Promise<readonly Event[]> {
  const folder = mkdtempSync(join(tmpdir(), 'metac-profile-'));
  try {
    const session = await runtime.InferenceSession.create(model, {
      ...options,
      enableProfiling: true,
      profileFilePrefix: join(folder, 'profile'),
    });
    await session.run(zeros(runtime, session));
    session.endProfiling();
    await session.release();
    const file = readdirSync(folder)[0];
    return file === undefined ? [] : eventsOf(JSON.parse(readFileSync(join(folder, file), 'utf8')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function zeros(runtime: OnnxRuntime, session: InferenceSession): Record<string, OrtTensor> {
  const feeds: Record<string, OrtTensor> = {};
  for (const input of session.inputMetadata) {
    if (!input.isTensor) continue;
    const shape = input.shape.map((size) => (typeof size === 'number' ? size : 1));
    const size = sizeOf(shape);
    const { type } = input;
    if (type === 'float32') feeds[input.name] = new runtime.Tensor(type, new Float32Array(size), shape);
    else if (type === 'int32') feeds[input.name] = new runtime.Tensor(type, new Int32Array(size), shape);
    else if (type === 'bool' || type === 'uint8') feeds[input.name] = new runtime.Tensor(type, new Uint8Array(size), shape);
  }
  return feeds;
}

/** The events of nodes in a profile (Chrome's trace format). */
function eventsOf(profile: unknown): readonly Event[] {
  if (!Array.isArray(profile)) return [];
  return profile.flatMap((event: { cat?: unknown; name?: unknown; args?: { op_name?: unknown; provider?: unknown } }): Event[] => {
    const { cat, name, args } = event;
    if (cat !== 'Node' || typeof name !== 'string' || !name.endsWith('_kernel_time')) return [];
    return [{ name: name.slice(0, -'_kernel_time'.length), operator: String(args?.op_name), provider: String(args?.provider) }];
  });
}

function summaryOf(events: readonly Event[], sources: ReadonlyMap<string, SourceRange>): Omit<EntryPlacement, 'entry'> {
  const processor = events.filter(({ provider }) => provider === 'CPUExecutionProvider');
  const byOperator = new Map<string, Event[]>();
  for (const event of processor) byOperator.set(event.operator, [...(byOperator.get(event.operator) ?? []), event]);
  const fallenBack = [...byOperator].map(
    ([operator, list]): FallenBack => ({
      operator,
      nodes: list.length,
      source: list.map(({ name }) => sources.get(name)).find((source) => source !== undefined),
    }),
  );
  fallenBack.sort((a, b) => b.nodes - a.nodes || (a.operator < b.operator ? -1 : 1));
  return { onDevice: events.length - processor.length, onProcessor: processor.length, fallenBack };
}

/** @file `metac engines --explain FILE`: which operations of a spec a graphics card has no kernel for. */
import { positionOf, type SourceFile } from '../../compiler/diagnostics/source-file.ts';
import type { EntryPlacement } from '../../runtime/engines/onnx/placement.ts';
import { placementOf } from '../../runtime/engines/onnx/placement.ts';
import { EXIT } from '../exit-codes.ts';
import type { Arguments } from '../parse-arguments.ts';
import { dataOptions, prepareSpec } from '../prepare-spec.ts';
import { readSpec } from '../spec-file.ts';
import { columns } from '../table.ts';
import type { Style, Terminal } from '../terminal.ts';

export async function explainPlacement(given: Arguments, terminal: Terminal): Promise<number> {
  const json = given.flag('json');
  const device = given.text('device') === 'cuda' ? 'cuda' : 'webgpu';
  const source = readSpec(given.text('explain') ?? '-');
  const options = { settings: given.pairs('set'), data: dataOptions(source, given, terminal) };
  const ready = await prepareSpec(source, options, json, terminal);
  if (ready === undefined) return EXIT.wrongSpec;
  const placements = await placementOf(ready.program, device);
  if (json) terminal.out(`${JSON.stringify({ ok: true, device, entries: placements }, undefined, 2)}\n`);
  else terminal.out(placements.map((placement) => textOf(placement, device, source, terminal.outStyle)).join('\n'));
  return EXIT.ok;
}

function textOf({ entry, onDevice, onProcessor, fallenBack }: EntryPlacement, device: string, source: SourceFile, style: Style): string {
  const head = `${style.bold(entry)}  ${onDevice} operations on ${device}, ${onProcessor} on the processor`;
  const rows = fallenBack.map(({ operator, nodes, source: range }) => [
    `  ${operator}`,
    String(nodes),
    style.dim(range === undefined ? '' : `first from line ${positionOf(source, range.start).line}`),
  ]);
  return rows.length === 0 ? `${head}\n` : `${head}\n${columns(rows, ['left', 'right', 'left'])}\n`;
}

/** @file `metac explain`: what a spec means and what it costs. */
import type { Setting } from '../../compiler/check/model.ts';
import { positionOf, type SourceFile } from '../../compiler/diagnostics/source-file.ts';
import type { Recompute } from '../../compiler/fit-memory.ts';
import { type Explanation, explain, type PassExplanation } from '../../explain.ts';
import { processorsFor } from '../../runtime/engine.ts';
import { sharingProcessors } from '../../runtime/engines/onnx/onnx-engine.ts';
import type { CommandModule } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { formatBytes, formatCount, formatFlops, formatWord } from '../format.ts';
import { dataOptions, prepareSpec } from '../prepare-spec.ts';
import { readSpec } from '../spec-file.ts';
import { columns } from '../table.ts';
import type { Style } from '../terminal.ts';

export const run: CommandModule['run'] = async (given, terminal) => {
  const source = readSpec(given.positionals[0] ?? '-');
  const chunk = given.count('chunk');
  const threads = given.count('threads');
  const options = {
    settings: given.pairs('set'),
    data: dataOptions(source, given, terminal),
    // As the default engine trains on the processor, which is what the forecast of memory is for.
    processors: processorsFor({ processors: sharingProcessors('cpu') }, threads),
    ...(chunk === undefined ? {} : { chunk }),
    ...(threads === undefined ? {} : { threads }),
  };
  const ready = await prepareSpec(source, options, given.flag('json'), terminal);
  if (ready === undefined) return EXIT.wrongSpec;
  const explanation = explain(ready.compilation, ready.model, ready.program);
  if (given.flag('json')) terminal.out(`${JSON.stringify(jsonOf(explanation, source), undefined, 2)}\n`);
  else terminal.out(textOf(explanation, source, terminal.outStyle));
  return EXIT.ok;
};

function originOf(setting: Setting, source: SourceFile): string {
  if (setting.origin === 'command line') return '--set';
  if (setting.origin === 'default' || setting.range === undefined) return 'default';
  return `line ${positionOf(source, setting.range.start).line}`;
}

function jsonOf(explanation: Explanation, source: SourceFile): object {
  const settings = explanation.settings.map((setting) => ({ name: setting.name, value: setting.value, from: originOf(setting, source) }));
  return { ok: true, ...explanation, settings };
}

function textOf(explanation: Explanation, source: SourceFile, style: Style): string {
  const { settings, weights, adaptations, protocol, costs } = explanation;
  const total = weights.reduce((sum, weight) => sum + weight.count, 0);
  const sections: string[] = [];
  const section = (title: string, body: string) => {
    if (body !== '') sections.push(`${style.bold(title)}\n${body}\n`);
  };
  section('Settings', columns(settings.map((setting) => [setting.name, setting.value, style.dim(originOf(setting, source))])));
  section(
    `Weights (${formatCount(total)} numbers)`,
    columns(
      weights.map(({ name, shape, dims, count }) => [name, `[${shapeText(shape, dims)}]`, formatCount(count)]),
      ['left', 'left', 'right'],
    ),
  );
  section(
    'Adaptation',
    columns(
      adaptations.map(({ name, from, steps, order, optimiser, adapts }) => [
        name,
        `from ${from}, ${formatWord(steps, 'step')} of ${optimiser}, ${order}, changes ${formatWord(adapts.length, 'weight')}`,
      ]),
    ),
  );
  section('Meta-gradient', reachText(explanation, style));
  section('Protocol', columns(Object.entries(protocol)));
  section('Compiler passes (primitives before and after)', passText(explanation.passes, style));
  section(
    'Forecast',
    columns(
      costs.map(({ what, tasks, chunk, flops, peakBytes }) => [
        what,
        `${formatCount(tasks)} tasks, ${formatCount(chunk)} at a time`,
        formatFlops(flops),
        `${formatBytes(peakBytes)} at most`,
      ]),
    ),
  );
  section('Memory', memoryText(explanation));
  return sections.join('\n');
}

const COMPUTED_AGAIN: Readonly<Record<Recompute, string>> = {
  nothing: 'nothing more than usual is computed again',
  steps: 'inner steps are computed again on the way back',
  segments: 'inner steps and recurrences are computed again on the way back, in segments',
};

function memoryText({ memory }: Explanation): string {
  if (memory === undefined) return '';
  const { limit, forecast, usualForecast, chunk, usualChunk, recompute, arithmetic } = memory;
  const tasks =
    chunk === usualChunk
      ? `${formatWord(chunk, 'task')} at a time, as usual`
      : `${formatWord(chunk, 'task')} at a time instead of ${formatCount(usualChunk)}`;
  return columns([
    ['limit', formatBytes(limit), 'of the whole process, on the default engine'],
    ['forecast', formatBytes(forecast), `${formatBytes(usualForecast)} without the limit`],
    ['costs', `${arithmetic.toFixed(2)}x`, `the arithmetic of a step: ${tasks}; ${COMPUTED_AGAIN[recompute]}`],
  ]);
}

/** `5 = ways, 64`: sizes that have a better name than their number show it. */
function shapeText(shape: readonly number[], dims: readonly string[]): string {
  return shape.map((size, axis) => ((dims[axis] ?? String(size)) === String(size) ? String(size) : `${dims[axis]} = ${size}`)).join(', ');
}

const ORDINALS = ['', 'first order', 'second order', 'third order'];

function reachText({ reach }: Explanation, style: Style): string {
  const blocks = new Set(reach.map((one) => one.block));
  return columns(
    reach.map(({ block, weight, order, orders, reason, trained }) => {
      const words =
        order === 0 ? style.yellow(`not reached: ${reason}`) : orders.map((one) => ORDINALS[one] ?? `order ${one}`).join(' and ');
      const held = order > 0 && !trained ? style.dim('not trained by this block') : '';
      return [...(blocks.size > 1 ? [block] : []), weight, words, held];
    }),
  );
}

function passText(passes: readonly PassExplanation[], style: Style): string {
  const lines: string[] = [];
  for (const entry of new Set(passes.map((pass) => pass.entry))) {
    lines.push(`  ${style.cyan(entry)}`);
    const rows = passes
      .filter((pass) => pass.entry === entry)
      .map(({ pass, before, after, changes }) => {
        const details = changes.map((change) => `${change.primitive} ${change.before}→${change.after}`).join(', ');
        return [`  ${pass}`, String(before), '→', String(after), style.dim(details)];
      });
    lines.push(columns(rows, ['left', 'right', 'left', 'right']));
  }
  return lines.join('\n');
}

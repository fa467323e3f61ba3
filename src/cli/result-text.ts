/** @file The result of an evaluation for people: each figure with its interval, and the protocol that it depends on. */
import type { EvaluationResult } from '../runtime/run/evaluate.ts';
import { formatCount, formatDiverged, formatFigure, formatWord } from './format.ts';
import { columns } from './table.ts';
import type { Style } from './terminal.ts';

/** Shares of examples, shown as a percentage too: the metrics themselves, and the one name that can mean nothing else (`error` can). */
const SHARES = /^(accuracy\b|(error|soft_error|soft_f1|f1)\()/;

export function resultText(result: EvaluationResult, folder: string | undefined, style: Style): string {
  const rows = result.reports.map((report) => {
    const { label, mean, interval } = report;
    const share = SHARES.test(label) ? `${(100 * mean).toFixed(2)} ± ${(100 * interval).toFixed(2)} %` : '';
    return [label, style.bold(`${formatFigure(mean)} ± ${formatFigure(interval)}`), formatDiverged(report) || share];
  });
  const shapes = result.episodeShapes.map(({ tasks, ways, shots, queries }) => {
    const classes = ways > 0 ? `${formatWord(ways, 'way')}, ` : '';
    return [tasks, `${classes}${formatWord(shots, 'shot')}, ${formatWord(queries, 'query', 'queries')}${ways > 0 ? ' a class' : ''}`];
  });
  const facts = [
    ...shapes,
    ...Object.entries(result.protocol),
    ...(result.checkpoint === null ? [] : [['weights', `${result.checkpoint.path} (step ${formatCount(result.checkpoint.step)})`]]),
    ['seed', String(result.seed)],
    ['engine', result.engineDetail],
  ];
  const written = folder === undefined ? '' : `\n  ${folder}/result.json has all of it\n`;
  const title = `${result.program}: ${formatCount(result.episodes)} test episodes, mean ± half of the 95% interval`;
  return `${title}\n${columns(rows)}\n\n${style.dim(columns(facts))}\n${written}`;
}

/** @file Whether a data set has what an episode needs. */
import { tooFewClasses, tooFewExamples } from '../../compiler/diagnostics/catalogue/data.ts';
import { DiagnosticError } from '../../compiler/diagnostics/diagnostic.ts';
import type { EpisodeShape } from '../../compiler/ir/ir.ts';
import type { ResidentImages } from './resident.ts';
import type { Phase } from './splits.ts';

/** Refuses episodes for which the split has too few classes or a class too few examples. */
export function checkEpisodes(resident: ResidentImages, phase: Phase, { tasks, ways, shots, queries }: EpisodeShape): void {
  const classes = resident.classes[phase];
  if (classes.length < ways) throw new DiagnosticError(tooFewClasses(tasks, phase, ways, classes.length));
  const short = classes.find(({ rows }) => rows.length < shots + queries);
  if (short !== undefined) throw new DiagnosticError(tooFewExamples(tasks, short.name, shots, queries, short.rows.length));
}

/**
 * @file Trained runs against each other on the very same episodes. Differences are paired, episode by episode, so that what makes an episode hard
 * for all of them does not widen the interval.
 */
import type { EvaluationResult, Judgement } from './evaluate.ts';
import { type Summary, summarize } from './statistics.ts';

/** How one run is to be judged. */
export interface Judged {
  readonly judgement: Judgement;
  /** What the spec says of its tasks, in words that mean the same where they are the same. */
  readonly tasks: string;
}

/** One run, evaluated. */
export interface Evaluated {
  readonly name: string;
  readonly result: EvaluationResult;
  /** Values in each episode by report label. */
  readonly values: ReadonlyMap<string, readonly number[]>;
}

/** What two runs are judged by differently: their figures cannot be compared. */
export interface ProtocolDifference {
  readonly what: string;
  readonly first: string;
  readonly other: string;
}

/** Everything that decides, with the seed, which episodes are drawn and what a figure over them means, but the learner. Empty where it is the same. */
export function protocolDifferences(first: Judged, other: Judged): readonly ProtocolDifference[] {
  const facts = ({ judgement, tasks }: Judged): ReadonlyMap<string, string> =>
    new Map([
      ['episodes', String(judgement.episodes)],
      ['tasks', tasks],
      ...judgement.episodeShapes.map(({ tasks: name, ways, shots, queries }): [string, string] => [
        `sizes of ${name}`,
        `${ways > 0 ? `${ways} ways, ` : ''}${shots} shots, ${queries} queries`,
      ]),
      ...judgement.sources.map((source): [string, string] => [`source of ${source.name}`, JSON.stringify(source)]),
      ...Object.entries(judgement.data).map(([name, digest]): [string, string] => [`data of ${name}`, digest]),
      // How a learner adapts is what is compared.
      ...Object.entries(judgement.protocol).filter(([name]) => !name.startsWith('adapt ')),
    ]);
  const [mine, theirs] = [facts(first), facts(other)];
  return [...new Set([...mine.keys(), ...theirs.keys()])]
    .map((what) => ({ what, first: mine.get(what) ?? 'none', other: theirs.get(what) ?? 'none' }))
    .filter((difference) => difference.first !== difference.other);
}

export interface ComparedReport {
  readonly label: string;
  /** One for each run, in their order. */
  readonly runs: readonly {
    readonly summary: Summary;
    /** This run's value less the first run's, over episodes; undefined for the first run. */
    readonly difference: Summary | undefined;
  }[];
}

/** Reports that all runs have, by label. The runs must have one protocol. */
export function compareRuns(runs: readonly Evaluated[]): readonly ComparedReport[] {
  const [first, ...others] = runs;
  if (first === undefined) return [];
  const labels = [...first.values.keys()].filter((label) => others.every(({ values }) => values.has(label)));
  return labels.map((label) => {
    const baseline = first.values.get(label) ?? [];
    return {
      label,
      runs: runs.map((run) => {
        const values = run.values.get(label) ?? [];
        const differences = values.map((value, index) => value - (baseline[index] ?? Number.NaN));
        return { summary: summarize(values), difference: run === first ? undefined : summarize(differences) };
      }),
    };
  });
}

/** @file What `npm run reproduce` runs: one entry for each figure of a paper that a spec stands for. */

/** One report of a spec's `evaluate` block, and what the literature says of it. */
export interface Figure {
  /** The report's label. */
  readonly report: string;
  /** What is measured, for a reader who does not know the spec. */
  readonly about: string;
  /** `percent`: the report is a share from 0 to 1, printed times 100. */
  readonly unit: 'percent' | 'plain';
  /** As printed in the source. Undefined: nothing comparable was published. */
  readonly published?: string;
  /** Where: paper, table or figure. */
  readonly source?: string;
}

export interface Reproduction {
  /** The name on the command line: the spec's, or the spec's and a variant's with a dot between them. */
  readonly name: string;
  /** File name below specs/, without `.meta`. */
  readonly spec: string;
  /** `--set` values that make the variant. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly figures: readonly Figure[];
  /** `same`, or what differs from the source's protocol. */
  readonly protocol: string;
  /** Where the figure falls short: what it would take. */
  readonly toReach?: string;
}

/** A measured run, as it is kept in specs/results.json. */
export interface Measured {
  readonly name: string;
  readonly seed: number;
  /** What a reader types to get the same. */
  readonly command: string;
  /** Of the spec's text without comments and spacing: a figure belongs to one text. */
  readonly specHash: string;
  readonly steps: number;
  /** Wall-clock time of training and test, all sittings together. */
  readonly seconds: number;
  readonly machine: string;
  readonly engine: string;
  readonly metac: string;
  readonly episodes: number;
  readonly reports: readonly { readonly label: string; readonly mean: number | string; readonly interval: number | string | null }[];
}

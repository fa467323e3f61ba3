/** @file What all traces of one check share: the file, the diagnostics, the settings in force, the weights. */
import { badSetting } from '../diagnostics/catalogue/names.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceFile } from '../diagnostics/source-file.ts';
import type { SourceRange } from '../ir/ir.ts';
import type { Block, Expression, File } from '../parse/ast.ts';
import { Budget } from './budget.ts';
import type { Setting } from './model.ts';
import { PoisonError } from './poison.ts';
import { type Segment, WeightRegistry } from './weights.ts';

const UNNAMED = 'learned';

export interface CheckInput {
  readonly source: SourceFile;
  readonly file: File;
  /** Parsed values of `--set`, by name. */
  readonly overrides: ReadonlyMap<string, Expression>;
  /** The same as the user wrote them. */
  readonly overrideTexts: ReadonlyMap<string, string>;
  /** The text had errors of syntax, so that parts of it are missing in `file`. */
  readonly incomplete?: boolean;
  /** Names that those parts define: what uses them is not to blame. */
  readonly lostNames?: ReadonlySet<string>;
  /** As `limits.unrolledSteps`, to save memory: what a step of a recurrence computed is computed again on the way back. */
  readonly unrolledSteps?: number;
}

export class CheckSession {
  readonly input: CheckInput;
  readonly weights = new WeightRegistry();
  readonly protocol = new Map<string, string>();
  /** How often each model is being applied, one application inside the other. */
  readonly applying = new Map<Block, number>();
  readonly usedOverrides = new Set<string>();
  /** Top-level names that some expression used. */
  readonly usedNames = new Set<string>();
  readonly #settings = new Map<string, Setting>();
  readonly #diagnostics = new Map<string, Diagnostic>();
  readonly #learned = new Map<number, readonly Segment[]>();
  #budget = new Budget();
  /** While the value of a setting is evaluated, mistakes belong to the command line. */
  #inOverride = false;

  constructor(input: CheckInput) {
    this.input = input;
  }

  get diagnostics(): readonly Diagnostic[] {
    return [...this.#diagnostics.values()].sort((a, b) => (a.range?.start ?? -1) - (b.range?.start ?? -1));
  }

  get settings(): readonly Setting[] {
    return [...this.#settings.values()];
  }

  /** What the phases traced so far cost. */
  get budget(): Budget {
    return this.#budget;
  }

  get failed(): boolean {
    return this.diagnostics.some((diagnostic) => diagnostic.severity === 'error');
  }

  /** Reports once per code and place, or per `key`, however many traces meet it. */
  report(
    diagnostic: Diagnostic,
    key = `${diagnostic.code}@${diagnostic.range?.start ?? diagnostic.title}-${diagnostic.range?.end ?? ''}`,
  ): void {
    if (!this.#diagnostics.has(key)) this.#diagnostics.set(key, diagnostic);
  }

  /** Reports that something is missing, unless parts of the file could not be read: it may be among those. */
  reportAbsence(diagnostic: Diagnostic, key?: string): void {
    if (this.input.incomplete !== true) this.report(diagnostic, key);
  }

  /** Runs `body`; a user's mistake inside is reported and gives `otherwise`. */
  attempt<Result>(body: () => Result, otherwise: Result): Result {
    try {
      return body();
    } catch (error) {
      if (this.#inOverride) throw error;
      this.budget.mistake();
      if (error instanceof DiagnosticError) this.report(error.diagnostic);
      else if (!(error instanceof PoisonError)) throw error;
      return otherwise;
    }
  }

  /** Forgets what was reported: weights found by a first round can change what a second one says. */
  restart(): void {
    this.#diagnostics.clear();
    this.#settings.clear();
    this.usedOverrides.clear();
    this.weights.restart();
    this.#budget = new Budget();
  }

  setting(setting: Setting): void {
    if (!this.#settings.has(setting.name)) this.#settings.set(setting.name, setting);
  }

  /** The value given on the command line for a setting, if any. */
  override(name: string): Expression | undefined {
    const value = this.input.overrides.get(name);
    if (value !== undefined) this.usedOverrides.add(name);
    return value;
  }

  /** The value of a setting as the user wrote it. */
  overrideText(name: string): string {
    return this.input.overrideTexts.get(name) ?? '';
  }

  /** Evaluates the value of a setting: a mistake in it has no place in the file. */
  evaluateOverride<Result>(name: string, body: () => Result): Result {
    this.#inOverride = true;
    try {
      return body();
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      throw new DiagnosticError(badSetting(name, this.overrideText(name), error.diagnostic.title));
    } finally {
      this.#inOverride = false;
    }
  }

  textOf(range: SourceRange): string {
    return this.input.source.text.slice(range.start, range.end).replace(/\s+/g, ' ').trim();
  }

  /** What a `learned(…)` written at this place is called: as its first use names it, so that all uses share it; else by a number. */
  learnedPlace(start: number, path: readonly string[] | undefined): readonly Segment[] {
    const known = this.#learned.get(start);
    if (known !== undefined) return known;
    const unnamed = [...this.#learned.values()].filter(([first]) => first?.name === UNNAMED).length;
    const place = path?.map((name) => ({ name, index: 1 })) ?? [{ name: UNNAMED, index: unnamed + 1 }];
    this.#learned.set(start, place);
    return place;
  }

  blocks(keyword: Block['keyword']): readonly Block[] {
    return this.input.file.declarations.filter(
      (declaration): declaration is Block => declaration.kind === 'block' && declaration.keyword === keyword,
    );
  }
}

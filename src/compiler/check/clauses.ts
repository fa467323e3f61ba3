/** @file Which clauses each block may have: the one table that the checker, `explain` and the documentation read. */
import { badClause } from '../diagnostics/catalogue/blocks.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import type { SourceRange } from '../ir/ir.ts';
import type { BlockKeyword, PartKeyword } from '../parse/ast.ts';

export type Where = BlockKeyword | PartKeyword;

export interface ClauseSpec {
  readonly keyword: string;
  readonly required: boolean;
  /** Shown when it is missing or wrong. */
  readonly example: string;
  readonly about: string;
  /** The clause that may stand instead of this one, if any. */
  readonly instead?: string;
}

function clause(keyword: string, example: string, about: string, required = false): ClauseSpec {
  return { keyword, required, example, about };
}

/** Of every block that asks for figures. */
const draws = clause('draws', 'draws 20', 'samples of what is drawn outside of the tasks; figures are means over them');

const episodeSizes: readonly ClauseSpec[] = [
  clause('ways', 'ways 5', 'classes in an episode, in this phase'),
  clause('shots', 'shots 1', 'support examples (per class, where there are classes), in this phase'),
  clause('queries', 'queries 15', 'query examples (per class, where there are classes), in this phase'),
];

export const clauses: { readonly [W in Where]: readonly ClauseSpec[] } = {
  tasks: [
    clause('source', 'source images("omniglot")', 'where classes of images come from; without it the block generates its tasks'),
    clause('split', 'split vinyals', 'which classes train, validate and test: `vinyals`, `lake`, or "file"'),
    clause('resize', 'resize 28 x 28', 'height and width of the images'),
    clause('rotate', 'rotate 0, 90, 180, 270', 'degrees; every rotation of a class is a class of its own'),
    clause('ways', 'ways 5', 'classes in an episode'),
    clause('shots', 'shots 1', 'support examples (per class, where there are classes)', true),
    clause('queries', 'queries 15', 'query examples (per class, where there are classes)', true),
    clause('pool', 'pool 100', 'finite set of training tasks, each visited once an epoch'),
  ],
  model: [clause('return', 'return head', 'the value of the model', true)],
  adapt: [
    clause(
      'minimize',
      'minimize cross_entropy(fast(support.x), support.y)',
      'the loss of one task; the block name is the current iterate',
      true,
    ),
    clause('using', 'using sgd(rate: 0.4)', 'the inner optimiser', true),
    clause('steps', 'steps 1', 'inner steps', true),
    clause(
      'through',
      'through first_order',
      'what the meta-gradient goes through: everything, `first_order`, `truncated(k)`, a schedule from 0 to 1, `implicit(solver: …)`; `windows(k)` may stand beside it',
    ),
    clause('only', 'only net.head', 'the weights that adapt'),
    clause('freeze', 'freeze net.head', 'the weights that do not adapt'),
  ],
  train: [
    {
      ...clause(
        'minimize',
        'minimize cross_entropy(fast(query.x), query.y)',
        'the loss of one task; its mean over the batch is minimised',
        true,
      ),
      instead: 'maximize',
    },
    clause('maximize', 'maximize mean(score)', 'instead of `minimize`'),
    clause('using', 'using adam(rate: 1e-3)', 'the outer optimiser', true),
    clause('over', 'over net', 'the weights it trains; all that the loss reaches by default'),
    clause('batch', 'batch 32', 'tasks per outer step', true),
    clause('steps', 'steps 60_000', 'outer steps', true),
    clause('report', 'report accuracy(fast(query.x), query.y)', 'further figures in the metrics'),
    draws,
    ...episodeSizes,
  ],
  validate: [
    clause('every', 'every 500', 'outer steps between validations', true),
    clause('episodes', 'episodes 100', 'validation tasks, the same each time', true),
    clause('keep', 'keep highest(accuracy(fast(query.x), query.y))', 'the figure that picks the best checkpoint'),
    clause('report', 'report fewshot', 'further figures'),
    draws,
    ...episodeSizes,
  ],
  evaluate: [
    clause('episodes', 'episodes 600', 'test tasks', true),
    clause('report', 'report accuracy(fast(query.x), query.y)', 'figures, each with a 95% confidence interval', true),
    draws,
    ...episodeSizes,
  ],
  example: [],
};

/** Clauses that a file may write several times in one block. */
export const repeatable: ReadonlySet<string> = new Set(['report']);

/** A clause with a value that it cannot take; the hint is its example unless there is a better one. */
export function wrongClause(
  where: Where,
  keyword: string,
  expected: string,
  found: string,
  range: SourceRange,
  hint?: string,
): DiagnosticError {
  const example = clauses[where].find((spec) => spec.keyword === keyword)?.example ?? keyword;
  return new DiagnosticError(badClause(keyword, expected, found, range, hint ?? `write, for example, \`${example}\``));
}

/** Blocks that have such a clause. */
export function homesOf(keyword: string): readonly string[] {
  return Object.entries(clauses)
    .filter(([, specs]) => specs.some((spec) => spec.keyword === keyword))
    .map(([where]) => where);
}

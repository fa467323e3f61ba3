/** @file A module with one function, as MLIR text. */
import { type StableTensor, typeText } from './tensor.ts';

export interface MainText {
  readonly parameters: readonly { readonly tensor: StableTensor; readonly comment: string; readonly donatedTo?: number | undefined }[];
  /** Without indentation. */
  readonly lines: readonly string[];
  readonly results: readonly { readonly tensor: StableTensor; readonly comment: string }[];
}

function mainText({ parameters, lines, results }: MainText): string {
  const separated = (items: readonly { readonly text: string; readonly comment: string }[], indent: string) =>
    items.map(({ text, comment }, index) => `${indent}${text}${index === items.length - 1 ? '' : ','} // ${comment}\n`).join('');
  const taken = parameters.map(({ tensor, comment, donatedTo }) => {
    const donated = donatedTo === undefined ? '' : ` {tf.aliasing_output = ${donatedTo} : i32}`;
    return { text: `${tensor.name}: ${typeText(tensor)}${donated}`, comment };
  });
  const given = results.map(({ tensor, comment }) => ({ text: typeText(tensor), comment }));
  const returned = results.map(({ tensor }) => tensor);
  const body = [
    ...lines,
    returned.length === 0 ? 'return' : `return ${returned.map((tensor) => tensor.name).join(', ')} : ${returned.map(typeText).join(', ')}`,
  ];
  return [
    `  func.func public @main(\n${separated(taken, '    ')}  ) -> (\n${separated(given, '    ')}  ) {\n`,
    ...body.map((line) => `${line.replace(/^/gm, '    ')}\n`),
    '  }\n',
  ].join('');
}

/** Names in MLIR are words: anything else becomes `_`. */
export function moduleText(name: string, replicas: number, main: MainText): string {
  const attributes = `attributes {mhlo.num_partitions = 1 : i32, mhlo.num_replicas = ${replicas} : i32}`;
  return `module @${name.replace(/[^A-Za-z0-9_]/g, '_')} ${attributes} {\n${mainText(main)}}\n`;
}

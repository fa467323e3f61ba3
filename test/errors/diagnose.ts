/** @file What a user reads of a spec: every diagnostic, rendered without colours. Settings stand in a first line `// --set a=1`. */
import { checkSource, compile } from '../../src/compiler/compile.ts';
import type { Diagnostic } from '../../src/compiler/diagnostics/diagnostic.ts';
import { renderDiagnostics } from '../../src/compiler/diagnostics/render.ts';
import { unreached } from '../../src/compiler/reached.ts';

const flag = '--set ';

/** `// --set alpha=0.5 --set train.steps=3` in the first line of a case. */
export function settingsOf(text: string): ReadonlyMap<string, string> {
  const [first = ''] = text.split('\n', 1);
  if (!first.startsWith(`// ${flag}`)) return new Map();
  const pairs = first.slice(`// ${flag}`.length).split(` ${flag}`);
  return new Map(
    pairs.map((pair) => {
      const sign = pair.indexOf('=');
      return [pair.slice(0, sign), pair.slice(sign + 1)] as const;
    }),
  );
}

export function diagnosticsOf(name: string, text: string): readonly Diagnostic[] {
  const settings = settingsOf(text);
  const { model, diagnostics } = checkSource({ name, text }, { settings });
  // Only the finished program shows whether it fits.
  if (model?.memory !== undefined) return compile({ name, text }, { settings }).diagnostics;
  return model === undefined ? diagnostics : [...diagnostics, ...unreached(model)];
}

export function diagnose(name: string, text: string): string {
  return renderDiagnostics({ name, text }, diagnosticsOf(name, text), { colour: false });
}

/**
 * @file Enforces the arrows between folders: which layer may import which, and which packages each may use. Also: no import cycles beyond
 * type-only ones, and a warning for files of more than 400 lines. `node scripts/check-layers.mjs [--root DIR]`; exit status 1 on a violation.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const MOST_LINES = 400;

/** Every stage sees the IR and the diagnostics; no stage sees another. */
const IR = ['src/compiler/ir/', 'src/compiler/diagnostics/'];

/**
 * One row per layer; the longest matching path wins. `imports`: folders (ending in /) or files that the layer may import besides its own.
 * `types`: the same, for `import type` only. `packages`: npm packages and node:* modules; `node:*` stands for all of Node.
 */
export const LAYERS = [
  { path: 'grammar/', imports: [], packages: ['chevrotain'] },
  { path: 'src/compiler/diagnostics/', imports: [], types: ['src/compiler/ir/ir.ts'], packages: [] },
  { path: 'src/compiler/ir/', imports: ['src/compiler/diagnostics/'], packages: ['ajv'] },
  { path: 'src/compiler/parse/', imports: [...IR, 'grammar/'], packages: ['chevrotain'] },
  { path: 'src/compiler/check/', imports: IR, types: ['src/compiler/parse/ast.ts'], packages: [] },
  { path: 'src/compiler/lower/', imports: IR, types: ['src/compiler/check/model.ts'], packages: [] },
  { path: 'src/compiler/differentiate/', imports: IR, packages: [] },
  { path: 'src/compiler/batch/', imports: IR, packages: [] },
  { path: 'src/compiler/optimize/', imports: IR, packages: [] },
  { path: 'src/compiler/emit/', imports: IR, packages: ['onnx-buf', '@bufbuild/protobuf'] },
  // Only the files that lie in src/compiler/ itself see all stages: compile.ts puts them in order, index.ts is the door.
  { path: 'src/compiler/', imports: ['src/compiler/'], packages: [] },
  { path: 'src/runtime/', imports: IR, packages: ['node:*', 'fast-png'] },
  // An engine is an emitter's other half: it runs what the emitter wrote, and sees nothing else of the compiler's stages.
  {
    path: 'src/runtime/engines/onnx/',
    imports: [...IR, 'src/runtime/', 'src/compiler/emit/onnx/'],
    // tsx: only in the text of a worker thread of a checkout, where TypeScript runs unbundled.
    packages: ['node:*', 'onnxruntime-node', 'onnxruntime-common', 'tsx'],
  },
  {
    path: 'src/runtime/engines/xla/',
    imports: [...IR, 'src/runtime/', 'src/compiler/emit/stablehlo/'],
    packages: ['node:*', 'koffi', '@bufbuild/protobuf'],
  },
  // The packages of TensorFlow.js are optional peers, imported by name at run time (load-tensorflow.ts); no file but that needs Node.
  { path: 'src/runtime/engines/tfjs/', imports: [...IR, 'src/runtime/'], packages: ['node:*'] },
  { path: 'src/runtime/engines/reference/', imports: [...IR, 'src/runtime/'], packages: ['node:*'] },
  { path: 'src/cli/', imports: ['src/'], packages: ['node:*'] },
  // The library's door for Node.
  { path: 'src/', imports: ['src/compiler/', 'src/runtime/'], packages: [] },
];

/** Violations and warnings, one sentence each. `files` maps paths below the root, with slashes, to texts. */
export function checkLayers(files) {
  const violations = [];
  const warnings = [];
  const graph = new Map();
  for (const [path, text] of files) {
    const layer = layerOf(path);
    if (layer === undefined) {
      violations.push(`${path}: no layer of scripts/check-layers.mjs has this file`);
      continue;
    }
    const lines = text.split('\n').length - 1;
    if (lines > MOST_LINES) warnings.push(`${path}: ${lines} lines; files have 50-250, and never more than ${MOST_LINES}`);
    const edges = [];
    for (const found of importsOf(text)) {
      if (!found.specifier.startsWith('.')) {
        if (!packageAllowed(layer, found.specifier)) violations.push(`${path}: ${layer.path} must not use the package ${found.specifier}`);
        continue;
      }
      const target = posix.normalize(posix.join(posix.dirname(path), found.specifier));
      if (!importAllowed(layer, target, found.typeOnly)) violations.push(`${path}: ${layer.path} must not import ${target}`);
      if (!found.typeOnly) edges.push(target);
    }
    graph.set(path, edges);
  }
  for (const cycle of cyclesOf(graph)) violations.push(`import cycle: ${cycle.join(' -> ')}`);
  return { violations, warnings };
}

function layerOf(path) {
  const matching = LAYERS.filter((layer) => path.startsWith(layer.path));
  return matching.sort((a, b) => b.path.length - a.path.length)[0];
}

function packageAllowed(layer, specifier) {
  if (specifier.startsWith('node:')) return layer.packages.includes('node:*') || layer.packages.includes(specifier);
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  return layer.packages.includes(name);
}

function importAllowed(layer, target, typeOnly) {
  // The manifest is read for the version number.
  if (target === 'package.json') return layer.path === 'src/cli/' || layer.path === 'src/';
  const within = (path) => (path.endsWith('/') ? target.startsWith(path) : target === path);
  if (layerOf(target)?.path === layer.path) return true;
  return layer.imports.some(within) || (typeOnly && (layer.types ?? []).some(within));
}

/** Static imports, re-exports and `import()` with a literal; comments do not count. */
export function importsOf(text) {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
  const found = [];
  for (const match of code.matchAll(/^\s*(?:import|export)\s+(type\s+)?(?:[\w$*\s{},]+?\sfrom\s+)?['"]([^'"]+)['"]/gm)) {
    found.push({ specifier: match[2], typeOnly: match[1] !== undefined });
  }
  // `typeof import('x')` is a type; `import('x')` runs, but later: it makes no cycle at load time, and the arrows still hold.
  for (const match of code.matchAll(/(typeof\s+)?\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)) found.push({ specifier: match[2], typeOnly: true });
  return found;
}

/** Strongly connected components of more than one file (Tarjan 1972), and files that import themselves. */
function cyclesOf(graph) {
  const order = new Map();
  const low = new Map();
  const stack = [];
  const cycles = [];
  const visit = (path) => {
    order.set(path, order.size);
    low.set(path, order.get(path));
    stack.push(path);
    for (const next of graph.get(path) ?? []) {
      if (!graph.has(next)) continue;
      if (!order.has(next)) {
        visit(next);
        low.set(path, Math.min(low.get(path), low.get(next)));
      } else if (stack.includes(next)) low.set(path, Math.min(low.get(path), order.get(next)));
    }
    if (low.get(path) !== order.get(path)) return;
    const component = stack.splice(stack.indexOf(path));
    if (component.length > 1 || (graph.get(path) ?? []).includes(path)) cycles.push([...component.sort(), component[0]]);
  };
  for (const path of graph.keys()) if (!order.has(path)) visit(path);
  return cycles;
}

function sourcesBelow(root) {
  const files = new Map();
  for (const folder of ['src', 'grammar']) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.ts') || entry.name.endsWith('.d.ts')) continue;
      const path = join(entry.parentPath, entry.name);
      files.set(relative(root, path).split(sep).join('/'), readFileSync(path, 'utf8'));
    }
  }
  return files;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const flag = process.argv.indexOf('--root');
  const root = flag < 0 ? fileURLToPath(new URL('..', import.meta.url)) : process.argv[flag + 1];
  const files = sourcesBelow(root);
  const { violations, warnings } = checkLayers(files);
  for (const warning of warnings) console.error(`warning: ${warning}`);
  for (const violation of violations) console.error(`error: ${violation}`);
  console.error(`layers: ${files.size} files, ${violations.length} violations, ${warnings.length} warnings`);
  if (violations.length > 0) process.exitCode = 1;
}

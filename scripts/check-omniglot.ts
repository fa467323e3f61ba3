/**
 * @file Compares the shipped Omniglot pack and lists with the original archives: `npx tsx scripts/check-omniglot.ts FOLDER`,
 * where FOLDER holds images_background.zip and images_evaluation.zip.
 */
import { join } from 'node:path';
import { loadImageFiles } from '../src/runtime/data/image-files.ts';
import { openNpz } from '../src/runtime/data/npz.ts';
import { readBytes } from '../src/runtime/data/read-file.ts';
import { SHIPPED, shippedDataFolder } from '../src/runtime/data/shipped.ts';
import { PHASES, readShippedSplit, splitClasses } from '../src/runtime/data/splits.ts';

const [folder] = process.argv.slice(2);
const [omniglot] = SHIPPED;
if (folder === undefined || omniglot === undefined) throw new Error('usage: npx tsx scripts/check-omniglot.ts FOLDER');

const data = shippedDataFolder();
const pack = join(data, omniglot.pack);
const packed = await openNpz(readBytes(pack, 'the data set'), pack, join(data, omniglot.classList)).set;
const started = performance.now();
const original = await loadImageFiles(folder, {
  height: 28,
  width: 28,
  darkInk: 'all',
  archives: omniglot.archives,
  cacheFolder: undefined,
  progress: undefined,
});
console.log(`${original.classes.length} classes read from ${folder} in ${((performance.now() - started) / 1000).toFixed(1)} s`);

const names = (set: typeof packed): string => set.classes.map((one) => `${one.name} ${one.rows.join(' ')}`).join('\n');
const same = Buffer.compare(packed.images, original.images) === 0 && names(packed) === names(original);
console.log(same ? 'images and classes are the same, byte for byte' : 'images or classes DIFFER');

let splitsFit = true;
const background = new Set(original.classes.slice(0, 964).map((one) => one.name));
const alphabets = [...new Set([...background].map((name) => name.split('/')[0] ?? ''))];
const heldOut = new Set(alphabets.filter((_, index) => index % 6 === 5));
for (const name of omniglot.splits) {
  const split = readShippedSplit(join(data, omniglot.splitFolder), name);
  const classes = splitClasses(original, split, name);
  console.log(`${name}: ${PHASES.map((phase) => `${classes[phase].length} to ${phase}`).join(', ')}`);
  if (name !== 'lake') continue;
  const alphabet = (character: string): string => character.split('/')[0] ?? '';
  splitsFit &&= split.evaluate.every((character) => !background.has(character)) && split.evaluate.length === 659;
  splitsFit &&= split.validate.every((character) => background.has(character) && heldOut.has(alphabet(character)));
  splitsFit &&= split.train.every((character) => background.has(character) && !heldOut.has(alphabet(character)));
}
if (!splitsFit) console.log('the Lake split DIFFERS from what its README says');
process.exitCode = same && splitsFit ? 0 : 1;

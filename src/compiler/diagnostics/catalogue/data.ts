/** @file Messages about data files (E07..). None has a place in a spec: the file or the option is to blame. */
import type { Diagnostic } from '../diagnostic.ts';

interface Facts {
  readonly expected?: string;
  readonly found?: string;
  readonly hint?: string;
}

function dataError(code: string, title: string, facts: Facts): Diagnostic {
  return { code, severity: 'error', title, range: undefined, ...facts };
}

export function dataFileMissing(path: string, what: string): Diagnostic {
  return dataError('E0701', `${what} \`${path}\` does not exist`, {
    expected: 'a folder of images, a zip of PNG images, or an .npz file',
    found: 'nothing at this path',
    hint: 'check the path; relative paths start at the current folder',
  });
}

export function dataFileUnreadable(path: string, reason: string): Diagnostic {
  return dataError('E0702', `\`${path}\` cannot be read`, { found: reason, hint: 'check that the file is readable by this user' });
}

export function dataFileTooLarge(path: string, bytes: number, limit: number): Diagnostic {
  return dataError('E0703', `\`${path}\` is too large`, {
    expected: `at most ${limit} bytes`,
    found: `${bytes} bytes`,
    hint: 'divide the archive, or unpack it and give the folder',
  });
}

export function dataKindUnknown(path: string): Diagnostic {
  return dataError('E0704', `\`${path}\` is not a data set that metac reads`, {
    expected: 'a folder of PNG images, a .zip of PNG images, or an .npz file',
    found: 'a file with another content',
    hint: 'the content decides, not the name: a zip starts with the bytes 50 4b 03 04',
  });
}

export function zipDamaged(path: string, expected: string, found: string): Diagnostic {
  return dataError('E0705', `the archive \`${path}\` is damaged or incomplete`, {
    expected,
    found,
    hint: 'copy or download the archive again',
  });
}

export function zipEntryDamaged(path: string, entry: string, expected: string, found: string): Diagnostic {
  return dataError('E0706', `\`${entry}\` in \`${path}\` is damaged`, { expected, found, hint: 'copy or download the archive again' });
}

export function zipEntryUnsupported(path: string, entry: string, found: string): Diagnostic {
  return dataError('E0707', `\`${entry}\` in \`${path}\` is packed in a way that metac does not read`, {
    expected: 'a stored or deflated entry without encryption, below 4 GB',
    found,
    hint: 'pack the files again with an ordinary zip program',
  });
}

export function archiveTooLarge(path: string, what: string, limit: string, found: string): Diagnostic {
  return dataError('E0708', `\`${path}\` unpacks to an absurd size`, {
    expected: `${what} of at most ${limit}`,
    found,
    hint: 'this looks like a damaged file or a zip bomb; nothing was unpacked',
  });
}

export function imageDamaged(path: string, reason: string): Diagnostic {
  return dataError('E0709', `\`${path}\` is not a readable PNG image`, {
    expected: 'a PNG file with correct checksums',
    found: reason,
    hint: 'replace or remove the file',
  });
}

export function imageSize(path: string, expected: string, found: string, hint: string): Diagnostic {
  return dataError('E0710', `\`${path}\` has an unusable size`, { expected, found, hint });
}

export function noImages(path: string): Diagnostic {
  return dataError('E0711', `\`${path}\` contains no PNG images in class folders`, {
    expected: 'class/image.png or alphabet/class/image.png',
    found: 'no file that ends in .png inside a folder',
    hint: 'give the folder (or zip) that contains one folder per class',
  });
}

export function classTwice(name: string, first: string, second: string): Diagnostic {
  return dataError('E0712', `the class \`${name}\` is there twice`, {
    expected: 'every class in one place',
    found: `${first} and ${second}`,
    hint: 'give only one of the two, for example the zip itself instead of its folder',
  });
}

export function npyDamaged(path: string, array: string, expected: string, found: string): Diagnostic {
  return dataError('E0713', `the array \`${array}\` in \`${path}\` is damaged or of an unknown kind`, {
    expected,
    found,
    hint: 'write it again with numpy.savez_compressed, C order, little-endian',
  });
}

export function npzContent(path: string, expected: string, found: string): Diagnostic {
  return dataError('E0714', `\`${path}\` does not hold a data set of images`, {
    expected,
    found,
    hint: 'numpy.savez_compressed(path, images=uint8[n, height, width], labels=int[n])',
  });
}

export function classListDamaged(path: string, expected: string, found: string): Diagnostic {
  return dataError('E0715', `the class list \`${path}\` does not fit its data`, { expected, found, hint: 'make it again with the data' });
}

export function splitUnknown(name: string, known: readonly string[], dataset: string): Diagnostic {
  return dataError('E0716', `unknown split \`${name}\` of the data set \`${dataset}\``, {
    expected: known.length > 0 ? `${known.join(', ')}, or the path of a split file` : 'the path of a split file',
    found: `\`${name}\`, which is neither`,
    hint: 'a split file has lines `train CLASS`, `val CLASS`, `test CLASS`',
  });
}

export function splitLine(path: string, line: number, found: string): Diagnostic {
  return dataError('E0717', `line ${line} of the split file \`${path}\` is malformed`, {
    expected: '`train CLASS`, `val CLASS` or `test CLASS`',
    found: `\`${found}\``,
    hint: 'one class a line; empty lines and lines that start with # are skipped',
  });
}

export function splitClassTwice(path: string, name: string, first: string, second: string): Diagnostic {
  return dataError('E0718', `the class \`${name}\` is listed twice in the split \`${path}\``, {
    expected: 'every class in at most one split',
    found: first === second ? `twice in ${first}` : `in ${first} and in ${second}`,
    hint: 'remove one of the lines',
  });
}

export function splitClassUnknown(path: string, name: string, dataset: string, similar: string | undefined, missing: number): Diagnostic {
  return dataError('E0719', `the split \`${path}\` names the class \`${name}\`, which the data set \`${dataset}\` does not have`, {
    expected: 'classes of the data set',
    found: missing === 1 ? 'one unknown class' : `${missing} unknown classes, this is the first`,
    hint: similar === undefined ? 'is a part of the data set missing (a second zip)?' : `did you mean \`${similar}\`?`,
  });
}

export function tooFewClasses(tasks: string, phase: string, ways: number, classes: number): Diagnostic {
  return dataError('E0720', `\`${tasks}\` has too few classes to ${phase}`, {
    expected: `at least ${ways} classes (ways ${ways})`,
    found: `${classes} in this split${classes > 0 ? ', rotations counted' : ''}`,
    hint: 'lower `ways` or choose another split',
  });
}

export function tooFewExamples(tasks: string, name: string, shots: number, queries: number, examples: number): Diagnostic {
  return dataError('E0721', `the class \`${name}\` of \`${tasks}\` has too few examples`, {
    expected: `at least ${shots + queries} (shots ${shots} + queries ${queries})`,
    found: `${examples}`,
    hint: 'lower `shots` or `queries`, or leave the class out of the split',
  });
}

export function datasetUnknown(name: string, known: readonly string[]): Diagnostic {
  return dataError('E0722', `unknown data set \`${name}\``, {
    expected: `${known.join(', ')}, or the path of a folder, zip or .npz`,
    found: `\`${name}\`, which is neither`,
    hint: `images("path/to/folder"), or --data ${name}=PATH`,
  });
}

export function residentShape(tasks: string, expected: string, found: string): Diagnostic {
  return dataError('E0723', `the data of \`${tasks}\` do not have the shape that the program was compiled for`, {
    expected,
    found,
    hint: 'compile again with the same --data as for this run',
  });
}

/**
 * @file Reads zip archives (PKWARE APPNOTE 6.3): the central directory is parsed and checked here, zlib inflates, and sizes and
 * CRC-32 of every entry are verified. Limits hold before anything is unpacked.
 */
import { promisify } from 'node:util';
import { crc32, inflateRaw, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { archiveTooLarge, zipDamaged, zipEntryDamaged, zipEntryUnsupported } from '../../compiler/diagnostics/catalogue/data.ts';
import { DiagnosticError } from '../../compiler/diagnostics/diagnostic.ts';

export interface ZipEntry {
  readonly name: string;
  /** Bytes when unpacked. */
  readonly size: number;
  /** Unpacks and verifies. */
  read(): Uint8Array;
  /** The same on another thread. */
  readBeside(): Promise<Uint8Array>;
}

export interface ZipLimits {
  readonly entries: number;
  /** Bytes of one entry when unpacked. */
  readonly entryBytes: number;
  /** Bytes of all entries when unpacked. */
  readonly totalBytes: number;
}

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
/** Deflate cannot pack better than about 1032 to 1. */
const BEST_DEFLATE_RATIO = 1040;
/** zlib's own limit. */
const SMALLEST_CHUNK = 64;

/** Whether the bytes start like a zip archive (or are an empty one). */
export function looksLikeZip(bytes: Uint8Array): boolean {
  const signature = bytes.length >= 4 ? new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true) : 0;
  return signature === LOCAL_HEADER || signature === END_OF_DIRECTORY;
}

/** The entries of an archive in the order of its directory, without folders. @param path names the archive in messages. */
export function readZip(archive: Uint8Array, path: string, limits: ZipLimits): ZipEntry[] {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const end = findEnd(view, path);
  const count = view.getUint16(end + 10, true);
  const directoryBytes = view.getUint32(end + 12, true);
  let position = view.getUint32(end + 16, true);
  if (count === 0xffff || position === 0xffffffff) throw new DiagnosticError(zipEntryUnsupported(path, 'the directory', 'a zip64 archive'));
  if (count > limits.entries) throw new DiagnosticError(archiveTooLarge(path, 'entries', `${limits.entries}`, `${count} entries`));
  if (position + directoryBytes > end) throw damaged(path, `a directory of ${directoryBytes} bytes before its end record`);

  const entries: ZipEntry[] = [];
  let total = 0;
  for (let index = 0; index < count; index++) {
    if (position + 46 > end || view.getUint32(position, true) !== DIRECTORY_ENTRY) throw damaged(path, `${count} entries in the directory`);
    const record = directoryRecord(view, archive, position);
    position += record.bytes;
    if (record.name.endsWith('/')) continue;
    total += record.size;
    if (record.size > limits.entryBytes || record.size > record.packedSize * BEST_DEFLATE_RATIO + 64)
      throw new DiagnosticError(
        archiveTooLarge(path, 'one entry', `${limits.entryBytes} bytes`, `\`${record.name}\` of ${record.size} bytes`),
      );
    if (total > limits.totalBytes)
      throw new DiagnosticError(archiveTooLarge(path, 'all entries', `${limits.totalBytes} bytes`, `more than ${total - 1} bytes`));
    entries.push({
      name: record.name,
      size: record.size,
      read: () => verified(expand(packedBytes(view, archive, path, record), path, record), path, record),
      readBeside: async () => verified(await expandBeside(packedBytes(view, archive, path, record), path, record), path, record),
    });
  }
  return entries;
}

function damaged(path: string, expected: string): DiagnosticError {
  return new DiagnosticError(zipDamaged(path, expected, 'bytes that do not fit'));
}

function findEnd(view: DataView, path: string): number {
  const lowest = Math.max(0, view.byteLength - END_BYTES - LONGEST_COMMENT);
  for (let position = view.byteLength - END_BYTES; position >= lowest; position--) {
    if (view.getUint32(position, true) !== END_OF_DIRECTORY) continue;
    if (position + END_BYTES + view.getUint16(position + 20, true) === view.byteLength) return position;
  }
  throw new DiagnosticError(zipDamaged(path, 'a directory at the end of the archive', `none in ${view.byteLength} bytes: it was cut off`));
}

interface DirectoryRecord {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  readonly header: number;
  /** Length of the record itself. */
  readonly bytes: number;
}

function directoryRecord(view: DataView, archive: Uint8Array, position: number): DirectoryRecord {
  const nameBytes = view.getUint16(position + 28, true);
  const variable = nameBytes + view.getUint16(position + 30, true) + view.getUint16(position + 32, true);
  return {
    name: new TextDecoder().decode(archive.subarray(position + 46, position + 46 + nameBytes)),
    flags: view.getUint16(position + 8, true),
    method: view.getUint16(position + 10, true),
    crc: view.getUint32(position + 16, true),
    packedSize: view.getUint32(position + 20, true),
    size: view.getUint32(position + 24, true),
    header: view.getUint32(position + 42, true),
    bytes: 46 + variable,
  };
}

/** The bytes of an entry as they lie in the archive. */
function packedBytes(view: DataView, archive: Uint8Array, path: string, record: DirectoryRecord): Uint8Array {
  const { name, header, packedSize, size } = record;
  if ((record.flags & 1) !== 0) throw new DiagnosticError(zipEntryUnsupported(path, name, 'an encrypted entry'));
  if (packedSize === 0xffffffff || size === 0xffffffff) throw new DiagnosticError(zipEntryUnsupported(path, name, 'a zip64 entry'));
  if (header + 30 > archive.length || view.getUint32(header, true) !== LOCAL_HEADER)
    throw new DiagnosticError(zipEntryDamaged(path, name, `a local header at byte ${header}`, 'other bytes'));
  const start = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
  if (start + packedSize > archive.length)
    throw new DiagnosticError(
      zipEntryDamaged(path, name, `${packedSize} bytes from byte ${start}`, `an archive of ${archive.length} bytes`),
    );
  if (record.method !== 0 && record.method !== 8)
    throw new DiagnosticError(zipEntryUnsupported(path, name, `compression method ${record.method}`));
  return archive.subarray(start, start + packedSize);
}

function verified(content: Uint8Array, path: string, { name, size, crc: expected }: DirectoryRecord): Uint8Array {
  if (content.length !== size)
    throw new DiagnosticError(zipEntryDamaged(path, name, `${size} bytes after unpacking`, `${content.length} bytes`));
  const crc = crc32(content);
  if (crc !== expected)
    throw new DiagnosticError(zipEntryDamaged(path, name, `CRC-32 ${hexadecimal(expected)}`, `CRC-32 ${hexadecimal(crc)}`));
  return content;
}

function expand(packed: Uint8Array, path: string, record: DirectoryRecord): Uint8Array {
  if (record.method === 0) return packed;
  try {
    return inflateRawSync(packed, inflation(record));
  } catch (error) {
    throw asDiagnostic(error, path, record);
  }
}

async function expandBeside(packed: Uint8Array, path: string, record: DirectoryRecord): Promise<Uint8Array> {
  if (record.method === 0) return packed;
  try {
    return await promisify<Uint8Array, ZlibOptions, Buffer>(inflateRaw)(packed, inflation(record));
  } catch (error) {
    throw asDiagnostic(error, path, record);
  }
}

/** One byte more, to tell an entry that is too long; all in one piece, which is not copied together. */
function inflation({ size }: DirectoryRecord): ZlibOptions {
  return { maxOutputLength: size + 1, chunkSize: Math.max(SMALLEST_CHUNK, size + 1) };
}

/** zlib's errors say what is wrong with the bytes. */
function asDiagnostic(error: unknown, path: string, { name }: DirectoryRecord): unknown {
  return error instanceof Error ? new DiagnosticError(zipEntryDamaged(path, name, 'a deflated stream', error.message)) : error;
}

function hexadecimal(word: number): string {
  return word.toString(16).padStart(8, '0');
}

import { describe, expect, it } from '@jest/globals';
import { extensionOf, safeFileName } from '../../src/scraping/file_names.js';

describe('the name of a stored file', () => {
  it.each([
    ['Отчёт 2024.pdf', 'Отчёт 2024.pdf'],
    ['報告書 👩‍👩‍👧.zip', '報告書 👩‍👩‍👧.zip'],
    ['cafe\u0301.txt', 'café.txt'],
    ['../../etc/passwd', '__.._etc_passwd'],
    ['..\\..\\boot.ini', '__.._boot.ini'],
    ['a\u0000b\nc\u0085d.txt', 'a_b_c_d.txt'],
    ['.bashrc', '_bashrc'],
    ['...', '_'],
    ['', 'file'],
    ['   ', 'file'],
    ['name.txt. .', 'name.txt'],
    ['con', '_con'],
    ['NUL.tar.gz', '_NUL.tar.gz'],
    ['console.log', 'console.log'],
    ['C:a*b?"<c>|d.txt', 'C_a_b___c__d.txt'],
    ['photo\u202egpj.exe', 'photo_gpj.exe'],
    ['\u2067a\u2069\u200e.txt', '_a_\u200e.txt'],
    ['half \ud83d.txt', 'half \ufffd.txt'],
    ['\u00a0', 'file'],
    ['com1', '_com1'],
    ['LPT9.txt', '_LPT9.txt'],
    ['coma.txt', 'coma.txt'],
    ['lpta', 'lpta'],
    ['a .txt', 'a .txt'],
    [`${'a'.repeat(195)} .txt`, `${'a'.repeat(195)} .txt`],
  ])('%j is %j', (name, safe) => {
    expect(safeFileName(name)).toBe(safe);
  });

  it.each([
    ['я', '.pdf'],
    ['👩', '.PDF'],
    ['a', '.tar.gz'],
    ['x', ''],
    ['z', `.${'e'.repeat(300)}`],
  ])('of 400 times %s%s is truncated at a character, keeping its extension', (character, ending) => {
    const name = safeFileName(`${character.repeat(400)}${ending}`);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
    expect(Buffer.byteLength(name)).toBeGreaterThan(195);
    expect(Buffer.from(name).toString()).toBe(name);
    if (ending.length < 50) expect(name.endsWith(ending.slice(ending.lastIndexOf('.') + 1))).toBe(true);
  });

  it.each([
    [`${'a'.repeat(400)}.pdf`, `${'a'.repeat(196)}.pdf`],
    [`${'a'.repeat(300)}z`, 'a'.repeat(200)],
    [`${'a'.repeat(195)} ${'b'.repeat(99)}.pdf`, `${'a'.repeat(195)}.pdf`],
    [`${'a'.repeat(400)}.${'e'.repeat(39)}`, `${'a'.repeat(160)}.${'e'.repeat(39)}`],
    [`${'a'.repeat(400)}.${'e'.repeat(40)}`, 'a'.repeat(200)],
    [`${'a'.repeat(198)}..${'e'.repeat(99)}`, 'a'.repeat(198)],
    [`a.${'b'.repeat(400)}`, `a.${'b'.repeat(198)}`],
  ])('is truncated to 200 bytes: %s is %s', (name, safe) => {
    expect(safeFileName(name)).toBe(safe);
  });

  it('is stable: sanitised again, it stays the same', () => {
    for (const name of ['../a', 'con', `${'я'.repeat(300)} .txt`, ' . ', `${'.a'.repeat(200)}`, 'a\u0301']) {
      const safe = safeFileName(name);
      expect(safeFileName(safe)).toBe(safe);
    }
  });
});

describe('the extension of a file', () => {
  it.each([
    ['Report.PDF', 'application/octet-stream', 'pdf'],
    ['archive.tar.gz', '', 'gz'],
    ['report.pdf ', '', 'pdf'],
    ['документ.ТХТ', '', 'тхт'],
    ['no extension', 'application/pdf', 'pdf'],
    ['', 'Text/Plain; charset=utf-8', 'txt'],
    ['', ' text/plain ;\ncharset=utf-8', 'txt'],
    ['version 1.2 (final)', 'image/jpeg', 'jpg'],
    ['trailing.', 'video/mp4', 'mp4'],
    ['unknown', 'application/x-unheard-of', null],
    ['', '', null],
  ])('%j of type %j is %j', (name, mimeType, extension) => {
    expect(extensionOf(name, mimeType)).toBe(extension);
  });

  it.each([
    ['application/epub+zip', 'epub'],
    ['application/gzip', 'gz'],
    ['application/json', 'json'],
    ['application/msword', 'doc'],
    ['application/pdf', 'pdf'],
    ['application/vnd.android.package-archive', 'apk'],
    ['application/vnd.ms-excel', 'xls'],
    ['application/vnd.ms-powerpoint', 'ppt'],
    ['application/vnd.openxmlformats-officedocument.presentationml.presentation', 'pptx'],
    ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx'],
    ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'docx'],
    ['application/vnd.rar', 'rar'],
    ['application/x-7z-compressed', '7z'],
    ['application/x-bad-tgsticker', 'tgs'],
    ['application/x-gzip', 'gz'],
    ['application/x-rar-compressed', 'rar'],
    ['application/x-tar', 'tar'],
    ['application/x-tgsticker', 'tgs'],
    ['application/xml', 'xml'],
    ['application/zip', 'zip'],
    ['audio/aac', 'aac'],
    ['audio/flac', 'flac'],
    ['audio/mp4', 'm4a'],
    ['audio/mpeg', 'mp3'],
    ['audio/ogg', 'ogg'],
    ['audio/wav', 'wav'],
    ['audio/x-wav', 'wav'],
    ['image/bmp', 'bmp'],
    ['image/gif', 'gif'],
    ['image/heic', 'heic'],
    ['image/jpeg', 'jpg'],
    ['image/png', 'png'],
    ['image/svg+xml', 'svg'],
    ['image/tiff', 'tiff'],
    ['image/webp', 'webp'],
    ['text/csv', 'csv'],
    ['text/html', 'html'],
    ['text/markdown', 'md'],
    ['text/plain', 'txt'],
    ['text/xml', 'xml'],
    ['video/mp4', 'mp4'],
    ['video/mpeg', 'mpeg'],
    ['video/quicktime', 'mov'],
    ['video/webm', 'webm'],
    ['video/x-matroska', 'mkv'],
    ['video/x-msvideo', 'avi'],
  ])('is, without one in its name, by its type %s: %s', (mimeType, extension) => {
    expect(extensionOf('no extension', mimeType)).toBe(extension);
  });
});

/** What files are called that came without a name of their own, by their MIME type. */
const BY_MIME_TYPE: ReadonlyMap<string, string> = new Map([
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
]);

/** The ending of a name: letters and digits of any script, as many as endings have. */
const ENDING = /\.([\p{L}\p{M}\p{N}]{1,16})[. ]*$/u;

/** The extension of a file in lower case, without a dot: by its name, else by its MIME type. Null: it has none. */
export function extensionOf(name: string, mimeType: string): string | null {
  const byName = ENDING.exec(name.normalize('NFC'))?.[1];
  if (byName !== undefined) return byName.toLowerCase();
  return BY_MIME_TYPE.get(mimeType.split(';', 1)[0]?.trim().toLowerCase() ?? '') ?? null;
}

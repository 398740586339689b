/** How many bytes of UTF-8 a name may have: file systems allow 255, and a message's id precedes it. */
const MAX_BYTES = 200;
/** An ending longer than this is no extension, and is truncated with the rest. */
const MAX_EXTENSION_BYTES = 40;

/** Characters that no file system allows, or only those of Unix do: a NAS may have another one. */
const FORBIDDEN = /[\p{Cc}\u2028\u2029/\\<>:"|?*]/gu;

/** They reverse the text that follows, so that `gpj.exe` is displayed as `exe.jpg`. */
const BIDI_CONTROLS = /[\u202a-\u202e\u2066-\u2069]/g;

/** Names that Windows reserves, whatever their extension: what is stored may be read there. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;

/**
 * A name under which a file that somebody called `name` can be stored in any directory: one part, neither hidden
 * nor reserved nor empty, at most 200 bytes of UTF-8. Keeps its Unicode (as NFC) and its extension.
 */
export function safeFileName(name: string): string {
  // Through UTF-8, which replaces halves of surrogate pairs: file names can't hold them.
  const wellFormed = Buffer.from(name).toString().normalize('NFC');
  const shown = wellFormed
    .replace(FORBIDDEN, '_')
    .replace(BIDI_CONTROLS, '_')
    .replace(/^\.+/, '_')
    .replace(/[. ]+$/, '');
  const named = shown.trim() === '' ? 'file' : shown.replace(RESERVED, '_$1');
  return truncate(named);
}

function truncate(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name;
  const dot = name.lastIndexOf('.');
  const ending = dot === -1 ? '' : name.slice(dot);
  const extension = Buffer.byteLength(ending) <= MAX_EXTENSION_BYTES ? ending : '';
  const kept = firstBytes(name, MAX_BYTES - Buffer.byteLength(extension)).trimEnd();
  return `${kept}${extension}`.replace(/[. ]+$/, '');
}

/** As many whole characters from the beginning as fit into so many bytes. */
function firstBytes(text: string, bytes: number): string {
  let end = 0;
  let left = bytes;
  for (const character of text) {
    left -= Buffer.byteLength(character);
    if (left < 0) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** The extensions of files that have no name of their own, by MIME type. */
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

/** The extension of a name: letters and digits of any script, at most 16. */
const EXTENSION = /\.([\p{L}\p{M}\p{N}]{1,16})[. ]*$/u;

/** The extension of a file in lower case, without a dot: by its name, else by its MIME type. Null: it has none. */
export function extensionOf(name: string, mimeType: string): string | null {
  const byName = EXTENSION.exec(name.normalize('NFC'))?.[1];
  if (byName !== undefined) return byName.toLowerCase();
  return BY_MIME_TYPE.get(mimeType.replace(/;.*/s, '').trim().toLowerCase()) ?? null;
}

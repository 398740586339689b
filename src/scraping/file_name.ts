/** The most bytes of UTF-8 that a name keeps: file systems take 255, and an id stands before it. */
const MAX_BYTES = 200;
/** An ending longer than this is no extension, and is cut with the rest. */
const MAX_EXTENSION_BYTES = 40;

/** Characters that no file system takes, or only those of Unix do: a NAS may be of another kind. */
const FORBIDDEN = /[\p{Cc}\u2028\u2029/\\<>:"|?*]/gu;

/** They turn the text behind them round, so that `gpj.exe` is shown as `exe.jpg`. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/g;

/** Names that Windows keeps to itself, whatever their extension: what is stored may be read there. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;

/**
 * A name under which a file that somebody called `name` can be stored in any directory: one part, neither hidden
 * nor reserved nor empty, at most 200 bytes of UTF-8. Keeps its Unicode (as NFC) and its extension.
 */
export function safeFileName(name: string): string {
  // By way of UTF-8: half a surrogate pair has no place in a file's name.
  const wellFormed = Buffer.from(name).toString().normalize('NFC');
  const shown = wellFormed
    .replace(FORBIDDEN, '_')
    .replace(TURNING, '_')
    .replace(/^\.+/, '_')
    .replace(/[. ]+$/, '');
  const named = shown.trim() === '' ? 'file' : shown.replace(RESERVED, '_$1');
  return shortened(named);
}

function shortened(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name;
  const dot = name.lastIndexOf('.');
  const ending = dot > 0 ? name.slice(dot) : '';
  const extension = Buffer.byteLength(ending) <= MAX_EXTENSION_BYTES ? ending : '';
  const stem = name.slice(0, name.length - extension.length);
  return `${firstBytes(stem, MAX_BYTES - Buffer.byteLength(extension)).trimEnd()}${extension}`.replace(
    /[. ]+$/,
    '',
  );
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

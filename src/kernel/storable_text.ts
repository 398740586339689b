/** Replaces characters in foreign text that not every database can store. */
const REPLACEMENT = '\uFFFD';

/** The text without what PostgreSQL refuses (U+0000) and UTF-8 can't say (half of a pair), whichever the driver. */
export function storable(text: string): string {
  return text.replaceAll('\0', REPLACEMENT).replace(/\p{Surrogate}/gu, REPLACEMENT);
}

/** As `storable`, and at most so many characters: what is cut off is told by an ellipsis. */
export function storableUpTo(most: number, text: string): string {
  return storable(text.length > most ? `${text.slice(0, most - 1)}…` : text);
}

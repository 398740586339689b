/** A name as it is compared: two that differ in case only, or in how a letter is composed, are the same. */
export function foldName(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}

/** A name in the form in which names are compared: two that differ only in case or Unicode composition are the same. */
export function foldName(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}

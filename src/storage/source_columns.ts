import type { SourceFacts } from '../sources/store.js';

/** What is wanted of a source as a row has it. A list is copied: a row's is nobody else's. */
export function sourceColumns<Facts extends Partial<SourceFacts>>({ fileTypes, ...columns }: Facts) {
  return fileTypes === undefined ? columns : { ...columns, fileTypes: fileTypes && [...fileTypes] };
}

import type { SourceFacts } from '../sources/store.js';

/**
 * What is wanted of a source as a row has it. A list is copied: a row's is nobody else's. With a token goes the
 * session of the bot that had the one before.
 */
export function sourceColumns<Facts extends Partial<SourceFacts>>(facts: Facts) {
  const { fileTypes, botToken } = facts;
  return {
    ...(facts as Omit<Facts, 'fileTypes'>),
    ...(fileTypes !== undefined && { fileTypes: fileTypes && [...fileTypes] }),
    ...(botToken !== undefined && { botSession: null }),
  };
}

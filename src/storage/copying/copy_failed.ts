/** A copy could not be made, or is not like its source; the message says why and what became of the target. */
export class CopyFailed extends Error {
  override readonly name = 'CopyFailed';
}

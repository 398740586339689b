/** An operation is refused, or failed in a way that its message explains: what is wrong, and what to do. No secret. */
export class OperationRefused extends Error {
  override readonly name = 'OperationRefused';
}

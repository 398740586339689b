/** The database can't be used; the message names the file and says what to do. Nothing was changed. */
export class DatabaseRefused extends Error {
  override readonly name = 'DatabaseRefused';
}

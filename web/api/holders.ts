/** Who holds a session, in the words of the lists: keys of the setting API_KEYS have no names of their own. */
export function holderName(holder: string): string {
  return holder.replace(/^env:/, 'API_KEYS ');
}

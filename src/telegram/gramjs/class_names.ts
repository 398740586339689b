/** Telegram's name of a class as JSON says it: `MessageEntityTextUrl` is `text_url`. */
export function snakeCase(className: string, prefix: string): string {
  const name = className.startsWith(prefix) ? className.slice(prefix.length) : className;
  return name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}

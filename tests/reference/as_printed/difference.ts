/** Fields that differ in every service; only their types are compared. */
const VOLATILE = new Set([
  ...['temp_session_id', 'phone_code_hash', 'created_at', 'session_file'],
  ...['new_sessions', 'removed_sessions', 'total_sessions'],
  ...['next_available', 'next_release_in'],
]);

/** A JSON value; integers that are not safe as numbers are bigints. */
export type Json = unknown;

/** Everything in which an answer differs from the printed one; more fields than are printed are welcome. */
export function differences(printed: Json, answered: Json, at = ''): string[] {
  if (Array.isArray(printed)) return arrayDifferences(printed, answered, at);
  if (isObject(printed)) return objectDifferences(printed, answered, at);
  const name = at.slice(at.lastIndexOf('.') + 1);
  const same = VOLATILE.has(name) ? typeOf(printed) === typeOf(answered) : printed === answered;
  return same ? [] : [`\`${at}\` is ${shown(answered)}`];
}

function arrayDifferences(printed: readonly Json[], answered: Json, at: string): string[] {
  if (!Array.isArray(answered)) return [`${named(at)} is no list`];
  if (answered.length !== printed.length) return [`${named(at)} has ${answered.length} elements`];
  return printed.flatMap((element, index) => differences(element, answered[index], `${at}[${index}]`));
}

function objectDifferences(printed: Readonly<Record<string, Json>>, answered: Json, at: string): string[] {
  if (!isObject(answered)) return [`${named(at)} is no object`];
  return Object.entries(printed).flatMap(([name, value]) => {
    const path = at === '' ? name : `${at}.${name}`;
    return name in answered ? differences(value, answered[name], path) : [`\`${path}\` is missing`];
  });
}

/** The same for `id, name: string`: every field must be there, of its type; of a list, in each element. */
export function fieldDifferences(fields: string, answered: Json): string[] {
  const elements = Array.isArray(answered) ? answered : [answered];
  if (elements.length === 0) return ['the list is empty'];
  return elements.flatMap((element) =>
    fieldsOf(fields).flatMap(([name, type]) => {
      if (!isObject(element) || !(name in element)) return [`\`${name}\` is missing`];
      const is = typeOf(element[name]);
      return type === undefined || is === type ? [] : [`\`${name}\` is ${article(is)} ${is}`];
    }),
  );
}

/** `id, name: string` as pairs. */
export function fieldsOf(fields: string): (readonly [name: string, type: string | undefined])[] {
  return fields.split(', ').map((field) => {
    const [name = '', type] = field.split(': ');
    return [name, type];
  });
}

/** The answer as the table tells it: what is printed, and of what changes from one service to the next its type. */
export function told(printed: Json, answered: Json, name = ''): string {
  if (Array.isArray(printed) && Array.isArray(answered))
    return `[${answered.map((element, index) => told(printed[index] ?? printed[0], element)).join(', ')}]`;
  if (isObject(printed) && isObject(answered)) {
    const fields = Object.entries(printed)
      .filter(([key]) => key in answered)
      .map(([key, value]) => `"${key}": ${told(value, answered[key], key)}`);
    const more = Object.keys(answered).length > fields.length ? ['…'] : [];
    return `{${[...fields, ...more].join(', ')}}`;
  }
  return VOLATILE.has(name) ? typeOf(answered) : shown(answered);
}

/** `string`, `integer`, `null` … */
export function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'bigint' || Number.isInteger(value)) return 'integer';
  return typeof value;
}

function shown(value: Json): string {
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

function article(type: string): string {
  return /^[aeiou]/.test(type) ? 'an' : 'a';
}

function named(at: string): string {
  return at === '' ? 'the answer' : `\`${at}\``;
}

function isObject(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

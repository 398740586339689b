import { parseExactJson } from '../../src/http/exact_json.js';
import { type Json, typeOf } from '../reference/as_printed/difference.js';

/** Printed text that stands for what differs from one service to the next, such as `40bd…`, and what it is here. */
export type Bindings = Map<string, string>;

/** Fields that programs branch on: their values are compared, not only their types. */
const EXACT = new Set(['status', 'action', 'error', 'state', 'role', 'requires_password']);

/** The JSON of a printed answer: `…` in an object or a list stands for more. @throws SyntaxError. */
export function readAnswer(printed: string): Json {
  return parseExactJson(printed.replace(/,?\s*…\s*(?=[}\]])/g, ''));
}

/**
 * In what an answer differs from the printed one: fields that it lacks, and those of another type. What ends in `…` is
 * bound to the value that it stands for.
 */
export function compareAnswer(
  printed: Json,
  answered: Json,
  bindings: Bindings,
  at = 'the answer',
): string[] {
  if (typeof printed === 'string' && printed.endsWith('…')) {
    if (typeof answered !== 'string') return [`${at} is ${typeOf(answered)}`];
    if (printed !== '…') bindings.set(printed, answered);
    return [];
  }
  if (printed === null || answered === null) return [];
  if (typeOf(printed) !== typeOf(answered)) return [`${at} is ${typeOf(answered)}`];
  if (Array.isArray(printed) && Array.isArray(answered)) {
    if (printed.length > answered.length) return [`${at} has ${answered.length} elements`];
    return printed.flatMap((element, index) =>
      compareAnswer(element, answered[index], bindings, `${at}[${index}]`),
    );
  }
  if (typeof printed === 'object') return compareFields(printed, answered, bindings, at);
  const name = at.slice(at.lastIndexOf('.') + 1);
  return EXACT.has(name) && printed !== answered ? [`${at} is ${JSON.stringify(answered)}`] : [];
}

function compareFields(printed: object, answered: Json, bindings: Bindings, at: string): string[] {
  const fields = answered as Readonly<Record<string, Json>>;
  return Object.entries(printed).flatMap(([name, value]) =>
    name in fields ? compareAnswer(value, fields[name], bindings, `${at}.${name}`) : [`${at} has no ${name}`],
  );
}

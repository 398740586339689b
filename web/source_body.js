/**
 * The values of a source's form as the API expects them. Secrets are included only if they were entered.
 *
 * @param {Record<string, string>} values
 * @param {number | null} sessionId
 */
export function bodyOf(values, sessionId) {
  const text = (name) => values[name]?.trim() || null;
  const [apiHash, botToken] = [text('api_hash'), text('bot_token')];
  return {
    name: text('name'),
    access_level: values.access_level,
    identifier: text('identifier'),
    session_id: sessionId,
    target: values.target,
    target_path: text('target_path'),
    file_types: fileTypesOf(values),
    schedule: text('schedule'),
    channel_title: text('channel_title'),
    api_id: numberOf(text('api_id')),
    ...(apiHash && { api_hash: apiHash }),
    ...(botToken && { bot_token: botToken }),
    ...(values.no_bot_token && { bot_token: '' }),
  };
}

/** The fields that differ from the source: only they are sent, so only they can be rejected. */
export function changesTo(source, body) {
  const changes = Object.entries(body).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(source[name]),
  );
  // Null means unchanged to the API; an empty string clears the field.
  const change = Object.fromEntries(changes.map(([name, value]) => [name, value ?? '']));
  // Clearing api_id clears its hash as well.
  return change.api_id === '' && !change.api_hash ? { ...change, api_hash: '' } : change;
}

function fileTypesOf({ files, file_types: typed = '' }) {
  if (files === 'all') return null;
  return files === 'none' ? [] : typed.split(/[\s,;]+/).filter(Boolean);
}

/** Anything that is not a number is sent unchanged: the service explains what it expects. */
function numberOf(text) {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : text;
}

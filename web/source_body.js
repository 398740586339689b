/**
 * What a form says of a source, as the service takes it. Secrets are there only where they were typed.
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

/** What of this differs from what the source is: nothing else is sent, and nothing else can be refused. */
export function changesTo(source, body) {
  const changes = Object.entries(body).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(source[name]),
  );
  // Null would leave a field as it is: empty text takes it away.
  const change = Object.fromEntries(changes.map(([name, value]) => [name, value ?? '']));
  // An application that is taken away goes with its hash.
  return change.api_id === '' && !change.api_hash ? { ...change, api_hash: '' } : change;
}

function fileTypesOf({ files, file_types: typed = '' }) {
  if (files === 'all') return null;
  return files === 'none' ? [] : typed.split(/[\s,;]+/).filter(Boolean);
}

/** What is no number goes as it is: the service says what it wanted. */
function numberOf(text) {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : text;
}

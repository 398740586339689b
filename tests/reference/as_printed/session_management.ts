import { type Journey, logIn } from '../../journeys/journey.js';
import { until } from '../../service/manual_time.js';
import { madeElsewhere } from '../documented.js';
import { type Known, printedWorld, type Scene } from './scene.js';

const document = 'session-management.md';
const PHONE = '+1234567890';

/** Its commands, as they are printed. */
export const COMMANDS = {
  health: 'curl http://localhost:8000/health',
  upload: `curl -X POST http://localhost:8000/sessions/ \\
  -F "name=My Account" \\
  -F "phone_number=+1234567890" \\
  -F "api_id=12345678" \\
  -F "api_hash=your_hash" \\
  -F "session_string=your_string"`,
  channels: 'curl http://localhost:8000/sessions/{session-id}/channels',
  createSource: `curl -X POST http://localhost:8000/sources/private \\
  -H "Content-Type: application/json" \\
  -d '{
    "name": "My Scraper",
    "api_id": 12345678,
    "api_hash": "your_hash",
    "session_id": "session-uuid",
    "channel_id": 1234567890,
    "channel_title": "Channel Name",
    "file_types": ["pdf"],
    "target": "LOCAL",
    "schedule": "0 */6 * * *"
  }'`,
};

/** Its programs, as they are printed. */
export const PROGRAMS = {
  privateChannel: `import requests

API = "http://localhost:8000"

# 1. Create session
session = requests.post(f"{API}/sessions/", data={
    "name": "Main Account",
    "phone_number": "+1234567890",
    "api_id": 12345678,
    "api_hash": "abc123",
    "session_string": "1ApWapz..."
}).json()

# 2. Get channels
channels = requests.get(
    f"{API}/sessions/{session['id']}/channels"
).json()

# 3. Create source for first private channel
private_channel = next(ch for ch in channels if ch['is_private'])

source = requests.post(f"{API}/sources/private", json={
    "name": f"Scraper for {private_channel['title']}",
    "api_id": 12345678,
    "api_hash": "abc123",
    "session_id": session['id'],
    "channel_id": private_channel['id'],
    "channel_title": private_channel['title'],
    "file_types": ["pdf", "zip"],
    "target": "LOCAL",
    "schedule": "0 */6 * * *"
}).json()

print(f"Source created: {source['id']}")
`,
  publicChannel: `import requests

API = "http://localhost:8000"

# Create public source directly
source = requests.post(f"{API}/sources/public", json={
    "name": "Tech News Scraper",
    "api_id": 12345678,
    "api_hash": "abc123",
    "channel_username": "@technews",
    "file_types": ["pdf"],
    "target": "NAS",
    "target_path": "/nas/tech",
    "schedule": "0 0 * * *"  # Daily at midnight
}).json()

# Manually trigger immediately
requests.post(f"{API}/sources/{source['id']}/trigger")

print(f"Source created and triggered: {source['id']}")
`,
};

/** What `requests.post(url, data={…})` of the first example sends. */
const PYTHON_UPLOAD = `POST /sessions/
Content-Type: application/x-www-form-urlencoded

name=Main+Account&phone_number=%2B1234567890&api_id=12345678&api_hash=abc123&session_string=1ApWapz...`;

/** What `requests.post(url, json={…})` of it sends, for the channel that it finds. */
const PYTHON_PRIVATE = `POST /sources/private

{
  "name": "Scraper for Private VIP Group",
  "api_id": 12345678,
  "api_hash": "abc123",
  "session_id": 2,
  "channel_id": 9876543210,
  "channel_title": "Private VIP Group",
  "file_types": ["pdf", "zip"],
  "target": "LOCAL",
  "schedule": "0 */6 * * *"
}`;

const PYTHON_PUBLIC = `POST /sources/public

{
  "name": "Tech News Scraper",
  "api_id": 12345678,
  "api_hash": "abc123",
  "channel_username": "@technews",
  "file_types": ["pdf"],
  "target": "NAS",
  "target_path": "/nas/tech",
  "schedule": "0 0 * * *"
}`;

/** The columns of its tables, which are the fields of the answers but for the secrets. */
const SESSION_FIELDS =
  'id, name: string, phone_number: string, api_id: integer, is_active: string, created_at: string, updated_at: string';
const SOURCE_FIELDS =
  'id, name: string, access_level: string, identifier: string, channel_title, session_id, file_types, target: string, target_path, schedule, is_active: string, created_at: string, updated_at: string, last_scraped_at, total_messages_scraped: integer, total_files_downloaded: integer';
const CHANNEL_FIELDS = 'id: integer, title: string, is_private: boolean';

/** Creating a source starts its first run; meanwhile, another is refused with 409. */
async function waitForFirstRun({ admin }: Journey): Promise<void> {
  await until(async () => {
    const [run] = (await admin.get<{ state: string }[]>('/sources/2/runs')).must(200);
    return run !== undefined && ['completed', 'failed'].includes(run.state);
  });
}

const string = ({ string: made }: Known) => made;
const one = { '{id}': '1' };

/** The commands, in the order in which they are printed. */
const commands: Scene = {
  document,
  options: { seed: printedWorld },
  prepare: (journey) => madeElsewhere(journey, PHONE),
  requests: [
    { request: COMMANDS.health, status: 200 },
    { request: 'GET http://localhost:8000/docs\nAccept: text/html', status: 200, page: true },
    { request: COMMANDS.upload, put: { your_string: string }, status: 200, fields: SESSION_FIELDS },
    {
      request: COMMANDS.channels,
      put: { '{session-id}': '2' },
      status: 200,
      fields: CHANNEL_FIELDS,
    },
    { request: COMMANDS.createSource, put: { 'session-uuid': '2' }, status: 200, fields: SOURCE_FIELDS },
  ],
};

/** The two examples in Python. */
const examples: Scene = {
  document,
  options: { seed: printedWorld, settings: { NAS_ROOT: '/nas' } },
  prepare: (journey) => madeElsewhere(journey, PHONE),
  requests: [
    {
      request: PYTHON_UPLOAD,
      put: { '1ApWapz...': (known) => encodeURIComponent(known.string) },
      status: 200,
      fields: SESSION_FIELDS,
    },
    { request: 'GET /sessions/2/channels', status: 200, fields: CHANNEL_FIELDS },
    { request: PYTHON_PRIVATE, status: 200, fields: SOURCE_FIELDS },
    { request: PYTHON_PUBLIC, status: 200, fields: SOURCE_FIELDS },
    { request: 'POST /sources/2/trigger', status: 200, before: waitForFirstRun },
  ],
};

/** The list of routes; what they take is not printed there. */
const routes: Scene = {
  document,
  options: { seed: printedWorld },
  async prepare(journey) {
    await logIn(journey, PHONE);
    return undefined;
  },
  requests: [
    { request: 'GET /sessions/', status: 200, fields: SESSION_FIELDS },
    { request: 'GET /sessions/{id}', put: one, status: 200, fields: SESSION_FIELDS },
    {
      request: 'PUT /sessions/{id}\n\n{ "name": "renamed" }',
      put: one,
      status: 200,
      fields: SESSION_FIELDS,
    },
    { request: 'POST /sessions/{id}/test', put: one, status: 200 },
    {
      request: 'POST /sources/public\n\n{ "name": "BBC", "channel_username": "@bbcnews", "target": "LOCAL" }',
      status: 200,
      fields: SOURCE_FIELDS,
    },
    { request: 'GET /sources/', status: 200, fields: SOURCE_FIELDS },
    { request: 'GET /sources/{id}', put: one, status: 200, fields: SOURCE_FIELDS },
    { request: 'PUT /sources/{id}\n\n{ "name": "renamed" }', put: one, status: 200, fields: SOURCE_FIELDS },
    { request: 'DELETE /sources/{id}', put: one, status: 200 },
    { request: 'DELETE /sessions/{id}', put: one, status: 200 },
  ],
};

/** session-management.md. */
export const sessionManagement: readonly Scene[] = [commands, examples, routes];

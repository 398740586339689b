import { describe, expect, it } from '@jest/globals';
import { banner } from '../src/banner.js';
import { loadConfig } from '../src/config.js';

describe('the start banner', () => {
  const DATABASE_URL = 'postgres://me:hunter2@host/db';

  it('says where to put session files if there are none', () => {
    const config = loadConfig({ DATABASE_URL, SESSIONS_DIR: '/srv/sessions' });
    const text = banner({ config, port: 8000, sessions: 0, firstKey: null });
    expect(text).toContain('sessions  0 in /srv/sessions');
    expect(text).toContain('drop .session files there');
  });

  it('does not mention a directory that this replica does not have', () => {
    const config = loadConfig({ DATABASE_URL, SESSIONS_SYNC: 'off', SESSIONS_DIR: '/srv/sessions' });
    const text = banner({ config, port: 8000, sessions: 0, firstKey: null });
    expect(text).toContain('sessions  0 (SESSIONS_SYNC=off: other replicas sync the files)');
    expect(text).not.toContain('/srv/sessions');
    expect(text).not.toContain('drop .session files');
    expect(text).not.toContain('hunter2');
  });
});

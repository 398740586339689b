import { Api } from 'telegram/tl/index.js';
import type { AccountFreeze } from '../gateway.js';
import type { Callable } from './connection.js';

/**
 * The freeze of the account, by the settings that Telegram sends to its clients: `freeze_since_date`,
 * `freeze_until_date` and `freeze_appeal_url`, of which an account that is not frozen has none
 * (core.telegram.org/api/config, "Client configuration"; core.telegram.org/api/auth, "Frozen accounts").
 */
export async function accountFreeze(connection: Callable): Promise<AccountFreeze | null> {
  const answer = await connection.call(new Api.help.GetAppConfig({ hash: 0 }));
  if (!(answer instanceof Api.help.AppConfig) || !(answer.config instanceof Api.JsonObject)) return null;
  const settings = new Map(answer.config.value.map(({ key, value }) => [key, value]));
  const since = seconds(settings.get('freeze_since_date'));
  if (since === null) return null;
  const url = settings.get('freeze_appeal_url');
  return {
    since,
    until: seconds(settings.get('freeze_until_date')),
    appealUrl: url instanceof Api.JsonString && url.value !== '' ? url.value : null,
  };
}

function seconds(value: Api.TypeJSONValue | undefined): number | null {
  return value instanceof Api.JsonNumber && value.value > 0 ? value.value : null;
}

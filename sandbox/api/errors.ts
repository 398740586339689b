/** An error answer of a method (core.telegram.org/api/errors). */
export class RpcError extends Error {
  override readonly name = 'RpcError';

  /** `message` is Telegram's name for it, `code` the usual number of that name. */
  constructor(
    message: string,
    readonly code: number = errorCodeOf(message),
  ) {
    super(message);
  }
}

const codes: readonly (readonly [RegExp, number])[] = [
  [/_MIGRATE_\d+$/, 303],
  [/^(AUTH_KEY_UNREGISTERED|AUTH_KEY_INVALID|SESSION_|USER_DEACTIVATED|AUTH_KEY_PERM_EMPTY)/, 401],
  [/^(AUTH_KEY_DUPLICATED|PHONE_PASSWORD_FLOOD|SEND_CODE_UNAVAILABLE)$/, 406],
  [/^(FLOOD_|SLOWMODE_WAIT_|FROZEN_)/, 420],
  [/^(CHAT_WRITE_FORBIDDEN|USER_PRIVACY_RESTRICTED)$/, 403],
  [/^(AUTH_RESTART|INTERNAL|RPC_CALL_FAIL|RPC_MCGET_FAIL|TIMEDOUT|HISTORY_GET_FAILED)/, 500],
];

/** The number of an error's name; 400 for most. */
export function errorCodeOf(message: string): number {
  return codes.find(([pattern]) => pattern.test(message))?.[1] ?? 400;
}

import { Api } from 'telegram/tl/index.js';
import { digits } from '../faults.js';
import { exact, long } from '../tl/values.js';
import { type Account, botId } from '../world/accounts.js';
import { tlUser } from '../world/tl_objects.js';
import { type Call, method } from './call.js';
import { ensureApplication, pendingCode } from './codes.js';
import { RpcError } from './errors.js';

/** Logging in and out (core.telegram.org/api/auth, core.telegram.org/api/datacenter). */
export const authMethods = [
  method(Api.auth.SignIn, signIn, { phones: ({ phoneNumber }) => [digits(phoneNumber)] }),
  method(Api.auth.ImportBotAuthorization, importBotAuthorization, {
    phones: ({ botAuthToken }) => [botId(botAuthToken)],
  }),
  method(Api.auth.LogOut, logOut),
  method(Api.auth.ExportAuthorization, exportAuthorization),
  method(Api.auth.ImportAuthorization, importAuthorization),
];

/** Logs the call's key in as `account`. */
export function logIn({ backend, key }: Call, account: Account): Api.auth.Authorization {
  backend.keys.authorize(key, account.phone);
  return new Api.auth.Authorization({ user: tlUser(account, account) });
}

function signIn(request: Api.auth.SignIn, call: Call): Api.auth.TypeAuthorization {
  const { backend, key } = call;
  if (request.phoneCode === undefined || request.phoneCode === '') throw new RpcError('PHONE_CODE_EMPTY');
  const sent = pendingCode(call, request.phoneNumber, request.phoneCodeHash);
  if (request.phoneCode !== sent.code) throw new RpcError('PHONE_CODE_INVALID');
  const account = backend.world.account(sent.phone);
  if (account === null) return new Api.auth.AuthorizationSignUpRequired({});
  backend.codes.remove(sent.phoneCodeHash);
  if (account.seed.password === undefined) return logIn(call, account);
  backend.keys.awaitPassword(key, account.phone);
  throw new RpcError('SESSION_PASSWORD_NEEDED', 401);
}

function logOut(_request: Api.auth.LogOut, { backend, key }: Call): Api.auth.LoggedOut {
  if (key.authorization === null) throw new RpcError('AUTH_KEY_UNREGISTERED');
  backend.keys.revoke(key.authorization.id);
  return new Api.auth.LoggedOut({});
}

function exportAuthorization(
  { dcId }: Api.auth.ExportAuthorization,
  { backend, key, account, dcId: here }: Call,
): Api.auth.ExportedAuthorization {
  const exists = dcId >= 1 && dcId <= backend.addresses.length;
  if (!exists || dcId === here || key.authorization === null) throw new RpcError('DC_ID_INVALID');
  const bytes = backend.exported.add({ authorizationId: key.authorization.id, userId: account.id, dcId });
  return new Api.auth.ExportedAuthorization({ id: long(account.id), bytes });
}

function importAuthorization(
  { id, bytes }: Api.auth.ImportAuthorization,
  { backend, key, dcId }: Call,
): Api.auth.Authorization {
  const authorizationId = backend.exported.take({ bytes, userId: exact(id), dcId });
  const account = backend.world.user(exact(id));
  if (authorizationId === null || account === null) throw new RpcError('AUTH_BYTES_INVALID');
  backend.keys.bind(key, authorizationId);
  return new Api.auth.Authorization({ user: tlUser(account, account) });
}

/** Logs a bot in (core.telegram.org/api/bots). */
function importBotAuthorization(
  request: Api.auth.ImportBotAuthorization,
  call: Call,
): Api.auth.Authorization {
  const { backend, dcId } = call;
  ensureApplication(request, backend);
  const bot = backend.world.bot(request.botAuthToken);
  if (bot === null) throw new RpcError('ACCESS_TOKEN_INVALID');
  if (bot.dcId !== dcId) throw new RpcError(`USER_MIGRATE_${bot.dcId}`);
  return logIn(call, bot);
}

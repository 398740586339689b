import { Api } from 'telegram/tl/index.js';
import { normalizePhoneNumber } from '../../src/kernel/phone_number.js';
import { digits } from '../faults.js';
import type { CodeType, SentCode } from '../state/codes.js';
import { testNumber } from '../world/accounts.js';
import { type Backend, type Call, method } from './call.js';
import { RpcError } from './errors.js';

/** Sending, resending and cancelling codes (core.telegram.org/api/auth). */
export const codeMethods = [
  method(Api.auth.SendCode, sendCode, { phones: ({ phoneNumber }) => [digits(phoneNumber)] }),
  method(Api.auth.ResendCode, resendCode, { phones: ({ phoneNumber }) => [digits(phoneNumber)] }),
  method(Api.auth.CancelCode, cancelCode, { phones: ({ phoneNumber }) => [digits(phoneNumber)] }),
];

/** Seconds until a client may request the code in another way. */
const RESEND_S = 60;
const nextTypes: Readonly<Record<CodeType, CodeType | null>> = { app: 'sms', sms: 'call', call: null };

/**
 * The code that was sent to this phone for this key. Throws RpcError: `PHONE_CODE_HASH_EMPTY` without a hash,
 * `PHONE_CODE_EXPIRED` for one that is unknown, another key's, or too old.
 */
export function pendingCode({ backend, key }: Call, phoneNumber: string, phoneCodeHash: string): SentCode {
  if (phoneCodeHash === '') throw new RpcError('PHONE_CODE_HASH_EMPTY');
  const sent = backend.codes.find(digits(phoneNumber), phoneCodeHash);
  if (sent === null || sent.keyId !== key.keyId || sent.expiresAt <= backend.time()) {
    throw new RpcError('PHONE_CODE_EXPIRED');
  }
  return sent;
}

function sendCode(request: Api.auth.SendCode, call: Call): Api.auth.SentCode {
  const { backend, dcId, key } = call;
  const { code_seconds: lifetime, data_centres: count } = backend.world.seed;
  ensureApplication(request, backend);
  const phone = digits(request.phoneNumber);
  if (normalizePhoneNumber(phone) === null) throw new RpcError('PHONE_NUMBER_INVALID');
  const account = backend.world.account(phone);
  if (account?.seed.refused !== undefined) throw new RpcError(account.seed.refused);
  const test = testNumber(phone);
  const home = account?.dcId ?? (test !== null && test.dcId >= 1 && test.dcId <= count ? test.dcId : dcId);
  if (home !== dcId) throw new RpcError(`PHONE_MIGRATE_${home}`);
  const sentAt = backend.time();
  return send(call, {
    phoneCodeHash: backend.randomBytes(9).toString('hex'),
    phone,
    code: account?.code ?? test?.code ?? '12345',
    keyId: key.keyId,
    type: account?.seed.code_via ?? 'sms',
    sentAt,
    expiresAt: sentAt + lifetime * 1000,
  });
}

function resendCode(request: Api.auth.ResendCode, call: Call): Api.auth.SentCode {
  const sent = pendingCode(call, request.phoneNumber, request.phoneCodeHash);
  const type = nextTypes[sent.type];
  if (type === null) throw new RpcError('SEND_CODE_UNAVAILABLE');
  const sentAt = call.backend.time();
  const expiresAt = sentAt + call.backend.world.seed.code_seconds * 1000;
  return send(call, { ...sent, type, sentAt, expiresAt });
}

function cancelCode(request: Api.auth.CancelCode, call: Call): boolean {
  call.backend.codes.remove(pendingCode(call, request.phoneNumber, request.phoneCodeHash).phoneCodeHash);
  return true;
}

function send({ backend }: Call, sent: SentCode): Api.auth.SentCode {
  backend.codes.save(sent);
  const next = nextTypes[sent.type];
  return new Api.auth.SentCode({
    type: sentCodeType(sent.type, sent.code.length),
    phoneCodeHash: sent.phoneCodeHash,
    ...(next === null ? {} : { nextType: codeType(next), timeout: RESEND_S }),
  });
}

function sentCodeType(type: CodeType, length: number): Api.auth.TypeSentCodeType {
  if (type === 'app') return new Api.auth.SentCodeTypeApp({ length });
  return type === 'sms'
    ? new Api.auth.SentCodeTypeSms({ length })
    : new Api.auth.SentCodeTypeCall({ length });
}

function codeType(type: CodeType): Api.auth.TypeCodeType {
  return type === 'sms' ? new Api.auth.CodeTypeSms() : new Api.auth.CodeTypeCall();
}

/** The application of a login. Throws RpcError `API_ID_INVALID` if the seed rejects it. */
export function ensureApplication(
  { apiId, apiHash }: { readonly apiId: number; readonly apiHash: string },
  { world }: Pick<Backend, 'world'>,
): void {
  const refused = world.seed.refused_api_ids.includes(apiId);
  if (apiId <= 0 || apiHash === '' || refused) throw new RpcError('API_ID_INVALID');
}

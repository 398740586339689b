import type { Api } from 'telegram/tl/index.js';
import { TelegramRefused } from '../errors.js';
import type { DcKey, SentCode } from '../gateway.js';

/** GramJS's names of the ways that codes are sent by, now and next. */
const types: Readonly<Record<string, string>> = {
  'auth.SentCodeTypeApp': 'app',
  'auth.SentCodeTypeSms': 'sms',
  'auth.SentCodeTypeSmsWord': 'sms',
  'auth.SentCodeTypeSmsPhrase': 'sms',
  'auth.SentCodeTypeCall': 'call',
  'auth.SentCodeTypeFlashCall': 'flash_call',
  'auth.SentCodeTypeMissedCall': 'missed_call',
  'auth.SentCodeTypeEmailCode': 'email',
  'auth.SentCodeTypeFragmentSms': 'fragment',
  'auth.SentCodeTypeFirebaseSms': 'firebase_sms',
  'auth.CodeTypeSms': 'sms',
  'auth.CodeTypeCall': 'call',
  'auth.CodeTypeFlashCall': 'flash_call',
  'auth.CodeTypeMissedCall': 'missed_call',
  'auth.CodeTypeFragmentSms': 'fragment',
};

/** What Telegram says of a code it sent. Throws TelegramRefused where it sent none. */
export function presentSentCode(answer: Api.auth.TypeSentCode, key: DcKey, method: string): SentCode {
  // Logged in without a code, as only those are who bring a token of an earlier login. We bring none.
  if (answer.className !== 'auth.SentCode') throw new TelegramRefused('SEND_CODE_UNAVAILABLE', method);
  return {
    phoneCodeHash: answer.phoneCodeHash,
    type: typeName(answer.type),
    nextType: answer.nextType == null ? null : typeName(answer.nextType),
    timeoutSeconds: answer.timeout ?? null,
    key,
  };
}

function typeName({ className }: Api.auth.TypeSentCodeType | Api.auth.TypeCodeType): string {
  return types[className] ?? 'other';
}

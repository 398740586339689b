import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useProblem } from '../../../components/problem.js';
import { useNow } from '../../../components/time.js';
import { toast } from '../../../components/toasts.js';
import { useSubmit } from '../../../components/use_submit.js';
import type { en } from '../../../i18n/en.js';
import { clock } from './clock.js';
import { type Login, resendCode } from './login.js';

type Way = Exclude<keyof typeof en.accounts.way, 'other'>;

const WAYS: readonly Way[] = [
  'app',
  'sms',
  'firebase_sms',
  'call',
  'flash_call',
  'missed_call',
  'email',
  'fragment',
];

/** A way that codes come, as the texts name it. */
export function wayOf(type: string | null): Way | 'other' {
  return WAYS.find((way) => way === type) ?? 'other';
}

interface ResendCodeProps {
  readonly login: Login;
  readonly onSent: (login: Login) => void;
}

/** Sends another code by the next way, as soon as Telegram allows it. */
export function ResendCode({ login, onSent }: ResendCodeProps) {
  const { t } = useTranslation();
  const problem = useProblem();
  const now = useNow();
  const { isSending, submit } = useSubmit(async () => {
    try {
      onSent(await resendCode(login));
    } catch (error) {
      toast(problem(error).text, { tone: 'failed' });
    }
  });
  if (login.resendAt === null) return null;
  const way = t(`accounts.resend.${wayOf(login.nextType)}`);
  const left = login.resendAt - now;
  return (
    <Button variant="default" disabled={left > 0} loading={isSending} onClick={() => void submit()}>
      {left > 0 ? t('accounts.resend.in', { way, left: clock(left) }) : t('accounts.resend.button', { way })}
    </Button>
  );
}

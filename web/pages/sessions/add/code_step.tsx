import { Alert, Button, Group, PasswordInput, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../../api/errors.js';
import type { Session } from '../../../api/sessions.js';
import type { Draft } from '../../../components/draft.js';
import { Problem } from '../../../components/problem.js';
import { useNow } from '../../../components/time.js';
import { useSubmit } from '../../../components/use_submit.js';
import { clock } from './clock.js';
import { cancelLogin, type Login, verifyCode } from './login.js';
import type { LoginValues } from './login_draft.js';
import { ResendCode, wayOf } from './resend_code.js';

interface CodeStepProps {
  readonly draft: Draft<LoginValues>;
  readonly login: Login;
  readonly onSaved: (session: Session) => void;
}

/** Where the code is typed, and the 2FA password of an account that has one. */
export function CodeStep({ draft, login, onSaved }: CodeStepProps) {
  const { t } = useTranslation();
  const now = useNow();
  const [code, setCode] = useState('');
  const [password, setPassword] = useState('');
  const [wanted, setWanted] = useState<{ readonly hint: string | null } | null>(null);
  const form = useSubmit(async () => {
    const verified = await verifyCode(login, code.trim(), password);
    if (verified.kind === 'password_wanted') setWanted({ hint: verified.hint });
    else if (verified.kind === 'saved') onSaved(verified.session);
    else draft.set({ isVerified: true });
  });
  const again = () => {
    void cancelLogin(login);
    draft.set({ login: null });
  };
  const isOver =
    (login.expiresAt !== null && login.expiresAt <= now) ||
    (form.error instanceof ApiError && form.error.code === 'temp_session_not_found');
  return (
    <form onSubmit={(event) => void form.submit(event)} noValidate>
      <p>
        {login.codeType && <>{t('accounts.sentTo', { way: t(`accounts.way.${wayOf(login.codeType)}`) })} </>}
        {t('accounts.sentToPhone', { phone: login.phoneNumber })}
      </p>
      <TextInput
        data-autofocus
        // The step before it had the focus.
        autoFocus
        label={t('accounts.code')}
        name="code"
        inputMode="numeric"
        autoComplete="one-time-code"
        value={code}
        error={form.errorAt('code')}
        onChange={({ currentTarget }) => setCode(currentTarget.value)}
      />
      {wanted && (
        <TwoStepPassword
          hint={wanted.hint}
          value={password}
          error={form.errorAt('password')}
          onChange={setPassword}
        />
      )}
      {form.isElsewhere() && <Problem error={form.error} onRetry={() => void form.submit()} />}
      {isOver
        ? !form.isElsewhere() && <Expired />
        : login.expiresAt !== null && (
            <p>{t('accounts.expiresIn', { left: clock(login.expiresAt - now) })}</p>
          )}
      <Group justify="flex-end" mt="md">
        {isOver ? (
          <Button onClick={again}>{t('accounts.startOver')}</Button>
        ) : (
          <>
            <Button variant="subtle" onClick={again}>
              {t('accounts.changeNumber')}
            </Button>
            <ResendCode login={login} onSent={(sent) => draft.set({ login: sent })} />
            <Button type="submit" loading={form.isSending}>
              {t('accounts.verify')}
            </Button>
          </>
        )}
      </Group>
    </form>
  );
}

interface TwoStepPasswordProps {
  readonly hint: string | null;
  readonly value: string;
  readonly error: ReactNode;
  readonly onChange: (password: string) => void;
}

function TwoStepPassword({ hint, value, error, onChange }: TwoStepPasswordProps) {
  const { t } = useTranslation();
  return (
    <PasswordInput
      mt="sm"
      autoFocus
      label={t('accounts.password')}
      description={hint ? t('accounts.passwordHint', { hint }) : t('accounts.passwordWanted')}
      autoComplete="off"
      value={value}
      error={error}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  );
}

function Expired() {
  const { t } = useTranslation();
  return (
    <Alert color="yellow" variant="light" mt="sm" role="alert">
      {t('accounts.expired')}
    </Alert>
  );
}

import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Session } from '../../../api/sessions.js';
import type { Draft } from '../../../components/draft.js';
import styles from './add.module.css';
import { CodeStep } from './code_step.js';
import { GetCodeStep } from './get_code_step.js';
import type { LoginValues } from './login_draft.js';
import { PhoneStep } from './phone_step.js';
import { SaveStep } from './save_step.js';
import { Saved } from './saved.js';

const STEPS = ['phone', 'code', 'save'] as const;

interface LoginFlowProps {
  readonly draft: Draft<LoginValues>;
  /** A session that exists is used instead of a code. */
  readonly isGetCode?: boolean;
  readonly onClose: () => void;
}

/** Signing in with a code: phone number, code and password, save. */
export function LoginFlow({ draft, isGetCode = false, onClose }: LoginFlowProps) {
  const [saved, setSaved] = useState<Session | null>(null);
  const { login, isVerified } = draft.values;
  const finish = (session: Session) => {
    draft.clear();
    setSaved(session);
  };
  const step = saved || isVerified ? 'save' : login ? 'code' : 'phone';
  return (
    <>
      <Steps current={step} />
      {saved && <Saved session={saved} onAnother={() => setSaved(null)} onClose={onClose} />}
      {!saved && login && isVerified && <SaveStep draft={draft} login={login} onSaved={finish} />}
      {!saved && login && !isVerified && <CodeStep draft={draft} login={login} onSaved={finish} />}
      {!saved && !login && !isGetCode && <PhoneStep draft={draft} />}
      {!saved && !login && isGetCode && <GetCodeStep draft={draft} onClose={onClose} />}
    </>
  );
}

function Steps({ current }: { readonly current: (typeof STEPS)[number] }) {
  const { t } = useTranslation();
  return (
    <ol className={styles.steps} aria-label={t('accounts.steps.label')}>
      {STEPS.map((step) => (
        <li key={step} {...(step === current && { 'aria-current': 'step' as const })}>
          {t(`accounts.steps.${step}`)}
        </li>
      ))}
    </ol>
  );
}

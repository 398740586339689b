import { useTranslation } from 'react-i18next';
import type { Session } from '../../../api/sessions.js';
import { ConditionBadge } from '../../../components/badge.js';
import { Fact, Facts, Panel } from '../../../components/page.js';
import { When } from '../../../components/time.js';
import type { en } from '../../../i18n/en.js';
import { useFormat } from '../../../i18n/format.js';

/** How well the account of a session is, why, and how often it may still be used today. */
export function AccountPanel({ session }: { readonly session: Session }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { condition, health, uses_today, max_uses_today } = session;
  // What was said of an account before it died is over.
  const detail = condition === 'dead' ? null : session.condition_detail;
  const uses =
    max_uses_today === null
      ? format.number(uses_today)
      : t('sessions.account.usesOf', {
          uses: format.number(uses_today),
          most: format.number(max_uses_today),
        });
  return (
    <Panel title={t('sessions.account.title')}>
      <Facts>
        <Fact term={t('sessions.account.condition')}>
          <ConditionBadge condition={condition} /> {detail?.reason}
        </Fact>
        <Fact term={t('sessions.account.since')}>{detail && <When at={detail.since} />}</Fact>
        <Fact term={t(condition === 'frozen' ? 'sessions.account.deletedOn' : 'sessions.page.until')}>
          {detail?.until && <When at={detail.until} />}
        </Fact>
        <Fact term={t('sessions.account.appeal')}>
          {detail?.appeal_url && <AppealLink to={detail.appeal_url} />}
        </Fact>
        <Fact term={t('sessions.account.health')}>
          {t('sessions.account.score', { score: format.number(health.score) })}
          {health.reasons.map(({ reason, points, value }) => (
            <div key={reason}>
              {t(`sessions.account.reason.${reason as Reason}`, { value: counted(reason, value, format) })} (−
              {format.number(points)})
            </div>
          ))}
        </Fact>
        <Fact term={t('sessions.account.uses')}>{uses}</Fact>
      </Facts>
    </Panel>
  );
}

/** Telegram names the address: anything but a web page is shown as text. */
function AppealLink({ to }: { readonly to: string }) {
  if (!to.startsWith('https://')) return to;
  return (
    <a href={to} target="_blank" rel="noreferrer">
      {to}
    </a>
  );
}

type Reason = keyof typeof en.sessions.account.reason;

function counted(reason: string, value: number | null, format: ReturnType<typeof useFormat>): string {
  if (value === null) return '';
  return reason === 'flood_waits' ? format.duration(value) : format.number(value);
}

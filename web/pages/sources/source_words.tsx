import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { pathOf, type Source } from '../../api/sources.js';
import { Badge } from '../../components/badge.js';
import { onDemand } from '../../components/on_demand.js';
import { useFormat } from '../../i18n/format.js';

const NextTime = onDemand(
  async () => (await import('./schedule/schedule_text.js')).NextTime,
  ({ schedule }) => schedule,
);

/** Who may read the channel: everybody, or its members. */
export function AccessBadge({ level }: { readonly level: Source['access_level'] }) {
  const { t } = useTranslation();
  return (
    <Badge tone={level === 'public' ? 'good' : 'warn'} title={t(`sources.access.${level}Hint`)}>
      {t(`sources.access.${level}`)}
    </Badge>
  );
}

/** Shown where a source runs on demand only. */
export function PausedBadge({ source: { is_active } }: { readonly source: Source }) {
  const { t } = useTranslation();
  if (is_active === 'active') return null;
  return (
    <Badge tone="calm" title={t('sources.pausedHint')}>
      {t('sources.paused')}
    </Badge>
  );
}

/** The session that reads it. */
export function SessionLink({ source }: { readonly source: Source }) {
  const { t } = useTranslation();
  const { session_id, session_name } = source;
  if (session_id === null) return t('sources.anySession');
  return <Link to={`/sessions/${session_id}`}>{session_name ?? `#${session_id}`}</Link>;
}

/** When it runs next, by its schedule. */
export function NextRun({ source: { schedule, is_active, deployment } }: { readonly source: Source }) {
  const { t } = useTranslation();
  if (is_active !== 'active') return null;
  if (deployment?.schedule) return deployment.schedule;
  if (schedule === null) return t('sources.onDemand');
  return <NextTime schedule={schedule} />;
}

/** Where it stores: the target, and the path there. */
export function placeOf(source: Source): string {
  return `${source.target} · ${pathOf(source)}`;
}

/** Which files it downloads. */
export function useFileTypes(): (types: readonly string[] | null) => string {
  const { t } = useTranslation();
  const format = useFormat();
  return (types) => {
    if (types === null) return t('sources.files.all');
    return types.length === 0 ? t('sources.files.none') : format.list(types);
  };
}

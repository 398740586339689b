import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './badge.module.css';

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'calm' | 'odd';

interface BadgeProps {
  readonly tone: Tone;
  readonly children: ReactNode;
  readonly title?: string;
}

/** A word on a coloured ground; the colour says nothing that the word does not. */
export function Badge({ tone, children, title }: BadgeProps) {
  return (
    <span className={styles.badge} data-tone={tone} title={title}>
      {children}
    </span>
  );
}

const STATE_TONES = {
  free: 'good',
  leased: 'busy',
  cooldown: 'calm',
  flood: 'warn',
  invalid: 'bad',
  frozen: 'bad',
  used_up: 'calm',
  missing: 'calm',
  dead: 'bad',
  inactive: 'calm',
  duplicate: 'odd',
} as const satisfies Record<string, Tone>;

export type SessionState = keyof typeof STATE_TONES;

/** Every state of a session. */
export const SESSION_STATES = Object.keys(STATE_TONES) as SessionState[];

/** The state of a session; one that the console does not know keeps its name. */
export function StateBadge({ state }: { readonly state: string }) {
  const { t } = useTranslation();
  if (!isSessionState(state)) return <Badge tone="calm">{state}</Badge>;
  return (
    <Badge tone={STATE_TONES[state]} title={t(`states.meaning.${state}`)}>
      {t(`states.state.${state}`)}
    </Badge>
  );
}

const CONDITION_TONES = {
  alive: 'good',
  limited: 'warn',
  frozen: 'bad',
  dead: 'bad',
} as const satisfies Record<string, Tone>;

export type Condition = keyof typeof CONDITION_TONES;

/** Every condition of an account. */
export const CONDITIONS = Object.keys(CONDITION_TONES) as Condition[];

/** The condition of an account; one that the console does not know keeps its name. */
export function ConditionBadge({ condition }: { readonly condition: string }) {
  const { t } = useTranslation();
  if (!isCondition(condition)) return <Badge tone="calm">{condition}</Badge>;
  return (
    <Badge tone={CONDITION_TONES[condition]} title={t(`states.conditionMeaning.${condition}`)}>
      {t(`states.condition.${condition}`)}
    </Badge>
  );
}

function isCondition(condition: string): condition is Condition {
  return condition in CONDITION_TONES;
}

export function isSessionState(state: string): state is SessionState {
  return state in STATE_TONES;
}

const EVENT_TONES = {
  added: 'good',
  removed: 'calm',
  renamed: 'calm',
  auth_key_changed: 'odd',
  file_gone: 'calm',
  leased: 'busy',
  released: 'good',
  egress: 'calm',
  undelivered: 'good',
  expired: 'calm',
  revoked: 'warn',
  cooldown_over: 'good',
  flooded: 'warn',
  flood_over: 'good',
  method_flooded: 'warn',
  invalidated: 'bad',
  invalid_over: 'good',
  restored: 'good',
  suspected: 'warn',
  died: 'bad',
  limited: 'warn',
  frozen: 'bad',
  alive: 'good',
  used_up: 'calm',
  used_up_over: 'good',
  uses_left: 'good',
  activated: 'good',
  deactivated: 'calm',
  duplicate: 'odd',
} as const satisfies Record<string, Tone>;

/** An event of a session; one that the console does not know keeps its name. */
export function EventBadge({ event }: { readonly event: string }) {
  const { t } = useTranslation();
  if (!isEvent(event)) return <Badge tone="calm">{event.replaceAll('_', ' ')}</Badge>;
  return <Badge tone={EVENT_TONES[event]}>{t(`states.event.${event}`)}</Badge>;
}

function isEvent(event: string): event is keyof typeof EVENT_TONES {
  return event in EVENT_TONES;
}

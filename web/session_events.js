import { el } from './dom.js';
import { STATES } from './states.js';

/** The events of a session by their API names: label and colour. */
const EVENTS = {
  added: ['added', 'good'],
  removed: ['removed', 'off'],
  renamed: ['renamed', 'off'],
  auth_key_changed: ['auth key changed', 'odd'],
  file_gone: ['file missing', 'off'],
  leased: ['leased', 'busy'],
  released: ['released', 'good'],
  undelivered: ['undelivered', 'good'],
  expired: ['lease expired', 'calm'],
  revoked: ['lease revoked', 'warn'],
  cooldown_over: ['cool-down over', 'good'],
  flooded: ['flood wait', 'warn'],
  flood_over: ['flood wait over', 'good'],
  method_flooded: ['method flood', 'warn'],
  invalidated: ['invalidated', 'bad'],
  invalid_over: ['back in the pool', 'good'],
  restored: ['restored', 'good'],
  suspected: ['suspected', 'warn'],
  died: ['died', 'bad'],
  activated: ['activated', 'good'],
  deactivated: ['deactivated', 'off'],
};

/** An event of a session as a badge; an unknown one keeps its API name. */
export function eventBadge(event) {
  const state = STATES[event];
  const [label, tone] = EVENTS[event] ?? [state?.label ?? event.replaceAll('_', ' '), state?.tone ?? 'calm'];
  return el('span', { class: `badge ${tone}` }, label);
}

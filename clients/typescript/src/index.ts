export type * as Api from './api_types.js';
export type { ConnectedOptions, ConnectedWork } from './connected.js';
export type { Page } from './endpoints.js';
export { ConnectionFailed, LeaseLost, NoFreeSession, type Operation, TeleGateError } from './errors.js';
export type { ServiceEvent } from './events.js';
export type { Answer, Arguments, CallOptions, Input } from './http.js';
export type {
  Advice,
  Lease,
  LeaseDetails,
  LeaseReference,
  ReleaseOptions,
} from './lease.js';
export type { AcquireOptions, Pool, ResumeOptions, SessionWork } from './pool.js';
export { TeleGate, type TeleGateOptions } from './telegate.js';
export { type TelegramError, telegramError } from './telegram_errors.js';

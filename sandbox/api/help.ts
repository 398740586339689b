import { Api } from 'telegram/tl/index.js';
import type { AccountCondition } from '../account_conditions.js';
import { type Call, method } from './call.js';

/** The supported help.* methods (core.telegram.org/methods, Working with...). */
export const helpMethods = [
  method(Api.help.GetConfig, (_request, call) => config(call)),
  method(
    Api.help.GetNearestDc,
    (_request, { dcId }) => new Api.NearestDc({ country: 'XX', thisDc: dcId, nearestDc: dcId }),
  ),
  method(Api.help.GetAppConfig, (_request, call) => appConfig(call)),
];

/** What clients are told of the account: of a frozen one, the dates and where to appeal. */
function appConfig({ backend: { conditions }, key }: Call): Api.help.AppConfig {
  const found = key.authorization === null ? null : conditions.of(key.authorization.phone);
  const value = (name: string, value: Api.TypeJSONValue) => new Api.JsonObjectValue({ key: name, value });
  const frozen = (condition: AccountCondition) => [
    value('freeze_since_date', new Api.JsonNumber({ value: condition.since })),
    value('freeze_until_date', new Api.JsonNumber({ value: condition.until })),
    value('freeze_appeal_url', new Api.JsonString({ value: condition.appealUrl })),
  ];
  const settings = [
    value('test', new Api.JsonNumber({ value: 1 })),
    ...(found?.condition === 'frozen' ? frozen(found) : []),
  ];
  return new Api.help.AppConfig({ hash: 0, config: new Api.JsonObject({ value: settings }) });
}

/** How long clients may cache the configuration. */
const VALID_S = 3600;

function config({ backend, dcId }: Call): Api.Config {
  const date = Math.floor(backend.time() / 1000);
  const dcOptions = backend.addresses.map(
    (ipAddress, at) => new Api.DcOption({ id: at + 1, ipAddress, port: backend.port(), static: true }),
  );
  return new Api.Config({
    date,
    expires: date + VALID_S,
    testMode: false,
    thisDc: dcId,
    dcOptions,
    dcTxtDomainName: '',
    meUrlPrefix: 'https://t.me/',
    ...limits,
    ...periods,
  });
}

const limits = {
  chatSizeMax: 200,
  megagroupSizeMax: 200_000,
  forwardedCountMax: 100,
  pushChatLimit: 2,
  editTimeLimit: 172_800,
  revokeTimeLimit: 2_147_483_647,
  revokePmTimeLimit: 2_147_483_647,
  ratingEDecay: 2_419_200,
  stickersRecentLimit: 200,
  captionLengthMax: 1024,
  messageLengthMax: 4096,
  webfileDcId: 2,
};

const periods = {
  onlineUpdatePeriodMs: 210_000,
  offlineBlurTimeoutMs: 5000,
  offlineIdleTimeoutMs: 30_000,
  onlineCloudTimeoutMs: 300_000,
  notifyCloudDelayMs: 30_000,
  notifyDefaultDelayMs: 1500,
  pushChatPeriodMs: 60_000,
  channelsReadMediaPeriod: 604_800,
  callReceiveTimeoutMs: 20_000,
  callRingTimeoutMs: 90_000,
  callConnectTimeoutMs: 30_000,
  callPacketTimeoutMs: 10_000,
};

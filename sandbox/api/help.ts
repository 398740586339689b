import { Api } from 'telegram/tl/index.js';
import { type Call, method } from './call.js';

/** The supported help.* methods (core.telegram.org/methods, Working with...). */
export const helpMethods = [
  method(Api.help.GetConfig, (_request, call) => config(call)),
  method(
    Api.help.GetNearestDc,
    (_request, { dcId }) => new Api.NearestDc({ country: 'XX', thisDc: dcId, nearestDc: dcId }),
  ),
];

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

import { release, type } from 'node:os';
import { LAYER } from 'telegram/tl/AllTLObjects.js';
import { Api } from 'telegram/tl/index.js';
import { readVersion } from '../../project.js';

/** What the owner of the account reads in its list of devices. */
const device = {
  deviceModel: 'TeleGate',
  systemVersion: `${type()} ${release()}`,
  appVersion: readVersion(),
  langCode: 'en',
  langPack: '',
  systemLangCode: 'en',
};

/** A connection's first call, which also says who calls: it saves a round trip to say both at once. */
export function introduced(query: Api.AnyRequest, apiId: number): Api.InvokeWithLayer {
  return new Api.InvokeWithLayer({
    layer: LAYER,
    query: new Api.InitConnection({ apiId, ...device, query }),
  });
}

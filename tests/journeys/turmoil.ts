import { RPCError } from 'telegram/errors/index.js';
import { FloodWaitError } from 'telegram/errors/RPCErrorList.js';
import type { FaultRequest } from '../../sandbox/faults.js';
import type { Answer, Lease } from './client.js';
import { whoAmI } from './gramjs_worker.js';
import type { Journey } from './journey.js';
import type { Random } from './random.js';

/** What was done, and how it ended: `lease 200`. */
export type Tally = (outcome: string) => void;

/** Something that is done while others do other things. */
export type Deed = (journey: Journey, random: Random, tally: Tally) => Promise<void>;

/** Longer than a worker's patience lasts: it has hung up when its lease is over, also where it dies. */
const TTL_SECONDS = 4;

/** A worker leases a session, connects, makes one call, hangs up and reports the result, unless it dies before. */
export const work: Deed = async ({ worker, sandbox }, random, tally) => {
  const answer = await worker.get<Lease>(
    `/session?credentials=string&format=gramjs&wait=1&ttl=${TTL_SECONDS}`,
  );
  tally(`lease ${answer.status}`);
  if (answer.status !== 200) return;
  const { session_id, lease_id, session_string } = answer.body;
  const dies = random.chance(0.08);
  const error = await whoAmI(sandbox, session_string).then(
    () => null,
    (failure: unknown) => wordFor(failure),
  );
  tally(`work ${error ?? 'done'}`);
  const whose = `session_id=${session_id}&lease_id=${lease_id}`;
  if (dies) return tally('worker died');
  if (error) await worker.post(`/report?${whose}&error=${error}&method=users.getUsers`);
  tally(`release ${(await worker.post(`/release?${whose}`)).status}`);
};

/** As a worker says it: Telegram's name of the error, or what its socket or its own clock told it. */
function wordFor(failure: unknown): string {
  if (failure instanceof FloodWaitError) return `FLOOD_WAIT_${failure.seconds}`;
  if (failure instanceof RPCError) return failure.errorMessage;
  return 'TimeoutError';
}

/** An admin asks whether some session is valid. */
export const test: Deed = async ({ admin }, random, tally) => {
  const { id } = random.pick(await admin.sessions());
  const answer = await admin.post<{ is_valid: boolean }>(`/sessions/${id}/test`);
  tally(`test ${answer.status}${answer.status === 200 ? ` ${answer.body.is_valid}` : ''}`);
};

/** An admin asks Telegram for the channels of some session. */
export const channels: Deed = async ({ admin }, random, tally) => {
  const { id } = random.pick(await admin.sessions());
  tally(`channels ${(await admin.get(`/sessions/${id}/channels?refresh=true`)).status}`);
};

/** An account is logged in, and cancelled, or saved and deleted: at the next login, where somebody is at it. */
export const logInAndOut: Deed = async ({ admin, sandbox }, random, tally) => {
  const phone_number = '+9996620001';
  const left = (await admin.sessions()).find((session) => session.phone_number === phone_number);
  if (left) tally(`delete ${(await admin.delete(`/sessions/${left.id}`)).status}`);
  const sent = await admin.post<{ temp_session_id: string }>('/sessions/send-otp', {
    ...{ phone_number, session_name: `cleo-${Math.floor(random.next() * 1e9)}` },
  });
  tally(`send-otp ${sent.status}`);
  if (sent.status !== 200) return;
  const { temp_session_id } = sent.body;
  const { code: right, seed } = sandbox.world.account(phone_number) ?? {};
  const code = random.chance(0.2) ? '00000' : right;
  const given = { temp_session_id, code, password: seed?.password };
  const verified = await admin.post('/sessions/verify-otp', given);
  tally(`verify-otp ${verified.status}${code === '00000' ? ' wrong' : ''}`);
  if (verified.status !== 200 || random.chance(0.5)) {
    tally(`cancel ${(await admin.delete(`/sessions/temp/${temp_session_id}`)).status}`);
    return;
  }
  const saved: Answer<{ id: number }> = await admin.post('/sessions/finalize', { temp_session_id });
  tally(`finalize ${saved.status}`);
  if (saved.status === 200) tally(`delete ${(await admin.delete(`/sessions/${saved.body.id}`)).status}`);
};

/** Telegram is made to misbehave: it returns flood waits, hangs up, is slow, or does not answer. */
export const fault: Deed = async ({ sandbox: { faults, world } }, random, tally) => {
  const kinds: FaultRequest[] = [
    { fault: 'FLOOD_WAIT_1' },
    { fault: 'drop' },
    { fault: 'hang' },
    { fault: 'slow', milliseconds: 300 },
    { fault: 'slow', milliseconds: 3000 },
  ];
  const kind = random.pick(kinds);
  const whose = random.chance(0.5) ? {} : { phone: `+${random.pick(world.accounts).phone}` };
  faults.add({ ...kind, ...whose, times: random.pick([1, 2, 3]) });
  tally(`fault ${kind.fault}`);
};

/** Telegram behaves again. */
export const calm: Deed = async ({ sandbox }, _random, tally) => {
  sandbox.faults.clear();
  tally('calm');
};

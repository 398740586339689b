import { Api } from 'telegram/tl/index.js';
import { currentLayer, schemaOfLayer } from '../tl/schema.js';
import { exact, long, type TlObject } from '../tl/values.js';
import { encode } from '../tl/writer.js';
import { futureSalts } from './auth_key.js';
import type { Outbox } from './outbox.js';
import type { Session } from './session.js';

/** The message that a service message came in, and where its answer goes. */
export interface ServiceContext {
  readonly messageId: bigint;
  readonly outbox: Outbox;
  readonly session: Session;
  /** Ids of messages that arrived in this session. */
  readonly received: ReadonlySet<bigint>;
}

/** States of `msgs_state_info`: never heard of, and received (mtproto/service_messages_about_messages). */
const UNKNOWN = 1;
const RECEIVED = 4;
const schema = schemaOfLayer(currentLayer);

/** Answers service messages about messages, sessions and keys. False: `object` calls a method. */
export function answerService(object: TlObject, context: ServiceContext): boolean {
  return isSilent(object) || answerPing(object, context) || answerOther(object, context);
}

function isSilent(object: TlObject): boolean {
  return (
    object instanceof Api.MsgsAck ||
    object instanceof Api.MsgsStateInfo ||
    object instanceof Api.MsgsAllInfo ||
    object instanceof Api.HttpWait
  );
}

function answerPing(object: TlObject, { messageId, outbox, session }: ServiceContext): boolean {
  if (!(object instanceof Api.Ping || object instanceof Api.PingDelayDisconnect)) return false;
  if (object instanceof Api.PingDelayDisconnect) session.host.closeIn(object.disconnectDelay);
  const { msgId, pingId } = { msgId: long(messageId), pingId: object.pingId };
  outbox.service(new Api.Pong({ msgId, pingId }), 'response');
  return true;
}

function answerOther(object: TlObject, context: ServiceContext): boolean {
  const { messageId, outbox, session } = context;
  if (object instanceof Api.GetFutureSalts) {
    const wanted = { messageId, count: object.num, now: session.host.time() };
    outbox.service(futureSalts(session.authKey, wanted), 'response');
  } else if (object instanceof Api.MsgsStateReq || object instanceof Api.MsgResendReq) {
    outbox.service(states(object.msgIds, context), 'response');
  } else if (object instanceof Api.DestroySession) {
    const { sessionId } = object;
    const known = exact(sessionId) !== session.id && session.host.forgetSession(exact(sessionId));
    const answer = known
      ? new Api.DestroySessionOk({ sessionId })
      : new Api.DestroySessionNone({ sessionId });
    outbox.service(answer, 'response');
  } else if (object instanceof Api.RpcDropAnswer) {
    session.result(messageId, encode(new Api.RpcAnswerUnknown(), schema));
  } else if (object instanceof Api.DestroyAuthKey) {
    session.result(messageId, encode(new Api.DestroyAuthKeyOk(), schema));
    session.host.forgetKey();
  } else return false;
  return true;
}

/** Answers are not kept once sent, so a request to resend one gets its state instead. */
function states(messageIds: readonly Api.long[], { messageId, received }: ServiceContext): TlObject {
  const info = Buffer.from(messageIds.map((id) => (received.has(exact(id)) ? RECEIVED : UNKNOWN)));
  return new Api.MsgsStateInfo({ reqMsgId: long(messageId), info: info.toString('latin1') });
}

import { Command } from 'commander';
import { type Context, type ServiceOptions, showDone, withService, withServiceOptions } from './context.js';
import { UsageError } from './exit_codes.js';
import { ask, askUnseen, canAsk } from './prompts.js';
import { type Fields, fieldsOf, ServiceError } from './service.js';
import { duration, plain, plainLines } from './text.js';

/** How long giving up a login may take, in milliseconds. */
const CANCEL_MS = 3000;

interface LoginOptions extends ServiceOptions {
  readonly name?: string;
}

/** `telegate sessions login`: signs an account in by its code. */
export function loginCommand(): Command {
  return withServiceOptions(new Command('login'))
    .description('sign an account in: asks for its phone number, the code and the 2FA password')
    .option('--name <name>', 'the name of its session; default: the phone number')
    .addHelpText('after', '\nAnswer RESEND to the question for the code to get it another way.')
    .action((options: LoginOptions) => withService(options, (context) => login(context, options)));
}

async function login(context: Context, { name }: LoginOptions): Promise<void> {
  if (!canAsk()) throw new UsageError('login asks questions: run it on a terminal.');
  const sent = await sendCode(context);
  const id = plain(sent.temp_session_id);
  try {
    const session = await verify(context, id, name);
    const where = session.session_file ? `, in ${plain(session.session_file)}` : '';
    showDone(context, session, `Session ${plain(session.id)} is saved: ${plain(session.name)}${where}.`);
  } catch (error) {
    await cancel(context, id);
    throw error;
  }
}

/** Asks for the phone number until the service takes it. */
async function sendCode(context: Context): Promise<Fields> {
  const { service, signal, notes } = context;
  for (;;) {
    const phone_number = (await ask('Phone number, with +: ', signal)).trim();
    try {
      const sent = await service.ask('POST', '/sessions/send-otp', { body: { phone_number } }, signal);
      return toldWhere(context, fieldsOf(sent.body));
    } catch (error) {
      if (!isAbout(error, 'phone_number')) throw error;
      notes.write(`${plainLines(error.message)}\n`);
    }
  }
}

/** Tells how the code was sent. */
function toldWhere({ notes }: Context, sent: Fields): Fields {
  const minutes = Number(sent.expires_in_minutes);
  notes.write(
    `Telegram sent a code to ${plain(sent.phone_number)} (${plain(sent.code_type)}). It expires in ${minutes} min.\n`,
  );
  if (typeof sent.timeout === 'number')
    notes.write(`Answer RESEND after ${duration(sent.timeout)} to get it another way.\n`);
  return sent;
}

/** Asks for the code, and for the password if there is one, until Telegram takes them; the session. */
async function verify(context: Context, temp_session_id: string, name: string | undefined): Promise<Fields> {
  const { service, signal, notes } = context;
  const named = name === undefined ? {} : { session_name: name };
  let code = '';
  let password: string | null = null;
  let hint: unknown = null;
  for (;;) {
    if (code === '') code = (await ask('Code: ', signal)).trim();
    if (code.toUpperCase() === 'RESEND') {
      code = '';
      await resend(context, temp_session_id);
      continue;
    }
    if (password === '') password = await askUnseen(passwordQuestion(hint), signal);
    const body = { temp_session_id, code, ...named, ...(password !== null && { password }) };
    try {
      const verified = fieldsOf((await service.ask('POST', '/sessions/verify-otp', { body }, signal)).body);
      if (verified.requires_password !== true) return verified;
      hint = verified.password_hint;
      password = '';
    } catch (error) {
      if (!isAbout(error, 'code', 'password') || error.code === 'otp_code_expired') throw error;
      notes.write(`${plainLines(error.message)}\n`);
      if (error.field === 'password') password = '';
      else code = '';
    }
  }
}

function passwordQuestion(hint: unknown): string {
  return `2FA password${hint ? ` (hint: ${plain(hint)})` : ''}: `;
}

async function resend(context: Context, temp_session_id: string): Promise<void> {
  const { service, signal, notes } = context;
  try {
    const sent = await service.ask('POST', '/sessions/resend-otp', { body: { temp_session_id } }, signal);
    toldWhere(context, fieldsOf(sent.body));
  } catch (error) {
    if (!(error instanceof ServiceError) || error.status === 404) throw error;
    notes.write(`${plainLines(error.message)}\n`);
  }
}

/** Whether the user may give one of these fields again. */
function isAbout(error: unknown, ...fields: readonly string[]): error is ServiceError {
  const refused = error instanceof ServiceError && (error.status === 400 || error.status === 422);
  return refused && fields.includes(error.field ?? '');
}

/** Gives the login up, as far as the service can be told: its code is not to be used any more. */
async function cancel({ service }: Context, id: string): Promise<void> {
  const late = AbortSignal.timeout(CANCEL_MS);
  await service.ask('DELETE', `/sessions/temp/${encodeURIComponent(id)}`, {}, late).catch(() => undefined);
}

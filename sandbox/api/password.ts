import { Api } from 'telegram/tl/index.js';
import { dhBytes, dhGenerator, dhPrime, toBigEndian } from '../crypto/integers.js';
import { proves } from '../crypto/srp.js';
import { exact, long } from '../tl/values.js';
import type { Account } from '../world/accounts.js';
import { logIn } from './auth.js';
import { type Call, method } from './call.js';
import { RpcError } from './errors.js';

/** Two-step verification (core.telegram.org/api/srp). */
export const passwordMethods = [
  method(Api.account.GetPassword, getPassword),
  method(Api.auth.CheckPassword, checkPassword),
];

function getPassword(_request: Api.account.GetPassword, call: Call): Api.account.Password {
  const account = owner(call);
  const { password, password_hint: hint } = account.seed;
  const { randomBytes, challenges } = call.backend;
  const always = {
    newAlgo: algorithm(randomBytes(8), randomBytes(16)),
    newSecureAlgo: new Api.SecurePasswordKdfAlgoPBKDF2HMACSHA512iter100000({ salt: randomBytes(8) }),
    secureRandom: randomBytes(256),
  };
  if (password === undefined) return new Api.account.Password(always);
  const { id, challenge } = challenges.begin(account, password);
  return new Api.account.Password({
    ...always,
    hasPassword: true,
    currentAlgo: algorithm(challenge.salt1, challenge.salt2),
    srp_B: challenge.srpB,
    srpId: long(id),
    ...(hint === undefined ? {} : { hint }),
  });
}

function checkPassword({ password }: Api.auth.CheckPassword, call: Call): Api.auth.TypeAuthorization {
  const account = owner(call);
  if (!(password instanceof Api.InputCheckPasswordSRP)) throw new RpcError('PASSWORD_HASH_INVALID');
  const challenge = call.backend.challenges.take(exact(password.srpId), account);
  if (challenge === null) throw new RpcError('SRP_ID_INVALID');
  if (!proves(challenge, { A: password.A, M1: password.M1 })) throw new RpcError('PASSWORD_HASH_INVALID');
  return logIn(call, account);
}

/** The password's account: the one that sent its code, else the one that is logged in. */
function owner(call: Call): Account {
  const { awaitsPassword } = call.key;
  const awaited = awaitsPassword === null ? null : call.backend.world.account(awaitsPassword);
  return awaited ?? call.account;
}

function algorithm(salt1: Buffer, salt2: Buffer): Api.TypePasswordKdfAlgo {
  return new Api.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow({
    salt1,
    salt2,
    g: dhGenerator,
    p: toBigEndian(dhPrime, dhBytes),
  });
}

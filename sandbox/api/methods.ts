import { authMethods } from './auth.js';
import { botMethods } from './bots.js';
import type { Method } from './call.js';
import { channelMethods } from './channels.js';
import { codeMethods } from './codes.js';
import { dialogMethods } from './dialogs.js';
import { helpMethods } from './help.js';
import { messageMethods } from './messages.js';
import { passwordMethods } from './password.js';
import { uploadMethods } from './upload.js';
import { userMethods } from './users.js';

/** Every method that the sandbox answers, by GramJS's name of it. */
export const methods: ReadonlyMap<string, Method> = new Map(
  [
    helpMethods,
    codeMethods,
    authMethods,
    passwordMethods,
    botMethods,
    userMethods,
    channelMethods,
    messageMethods,
    dialogMethods,
    uploadMethods,
  ]
    .flat()
    .map((method) => [method.name, method]),
);

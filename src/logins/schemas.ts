import { z } from 'zod';
import { text, wholeNumber } from '../http/parameters.js';
import { sessionAnswer, sessionName } from '../sessions/schemas.js';

const phoneNumber = z
  .string()
  .max(100)
  .meta({ description: 'International, with +', example: '+79001234567' });
const tempSessionId = text(100).meta({
  description: 'The login, as returned by `send-otp` or `upload-file`',
});

/** The application; without it, the configured one. */
const application = {
  api_id: wholeNumber(1, 2 ** 31 - 1).optional(),
  api_hash: text(200).optional(),
};

export const sendOtpInput = z.object({
  phone_number: phoneNumber,
  ...application,
  session_name: sessionName
    .optional()
    .meta({ description: 'With it, `finalize` saves the session; without, `verify-otp` does' }),
});

export const verifyOtpInput = z.object({
  temp_session_id: tempSessionId,
  code: z.string().max(100).meta({ example: '12345' }),
  password: z.string().max(1024).optional().meta({ description: "The account's 2FA password" }),
  session_name: sessionName.optional(),
});

export const resendOtpInput = z.object({ temp_session_id: tempSessionId });

export const finalizeInput = z.object({
  temp_session_id: tempSessionId,
  name: sessionName.optional(),
  session_name: sessionName.optional(),
});

export const uploadInput = z.object({
  session_name: sessionName
    .optional()
    .meta({ description: 'With it, the session is saved at once; without, by `finalize`' }),
  phone_number: phoneNumber.optional(),
  ...application,
});

export const createInput = z.object({
  name: sessionName,
  phone_number: phoneNumber.optional(),
  ...application,
  session_string: text(4096).meta({ description: 'Of Telethon, GramJS or Pyrogram' }),
});

export const getCodeInput = z.object({ phone_number: phoneNumber });

export const tempParams = z.object({ temp_session_id: tempSessionId });

export const codeSentAnswer = z
  .object({
    temp_session_id: z.string(),
    phone_number: z.string(),
    phone_code_hash: z.string(),
    message: z.string(),
    expires_in_minutes: z.int(),
    code_type: z.string().meta({ example: 'app' }),
    next_type: z.string().nullable(),
    timeout: z.int().nullable().meta({ description: 'Seconds until the code may be sent again' }),
  })
  .meta({ id: 'CodeSent' });

export const verifiedAnswer = z
  .object({ message: z.string(), requires_password: z.boolean() })
  .extend({ password_hint: z.string().nullable().optional(), ...sessionAnswer.partial().shape })
  .meta({ id: 'Verified' });

export const uploadedAnswer = sessionAnswer
  .partial()
  .extend({
    temp_session_id: z.string().optional(),
    message: z.string().optional(),
    expires_in_minutes: z.int().optional(),
  })
  .meta({ id: 'Uploaded' });

export const cancelledAnswer = z.object({ message: z.string(), id: z.string() });

export const getCodeAnswer = z
  .object({
    status: z.enum(['session_exists', 'code_sent']),
    phone_number: z.string(),
    message: z.string(),
    account_id: z.string().optional(),
    session_file: z.string().nullable().optional(),
    phone_code_hash: z.string().optional(),
    temp_session_id: z.string().optional(),
  })
  .meta({ id: 'CodeOrSession' });

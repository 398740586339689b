import { z } from 'zod';
import { sessionNameRefusal } from '../intake/session_name.js';

/** A name for a session, as a request gives it. */
export const sessionName = z
  .string()
  .superRefine((name, context) => {
    const refused = sessionNameRefusal(name);
    if (refused) context.addIssue({ code: 'custom', message: refused, params: { type: 'value_error' } });
  })
  .meta({ description: 'What the session and its file are called', example: 'my_session' });

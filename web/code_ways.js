/** How Telegram delivers codes, by the API's names. */
const WAYS = {
  app: ['in the Telegram app', 'to the Telegram app of this account; no SMS will be sent'],
  sms: ['by SMS', 'by SMS'],
  firebase_sms: ['by SMS', 'by SMS'],
  call: ['by phone call', 'by phone call'],
  flash_call: ['by a short call', "by a short call; the code is the caller's number"],
  missed_call: ['by a missed call', "by a missed call; the code is the last digits of the caller's number"],
  email: ['by email', 'to the email address of this account'],
  fragment: ['on fragment.com', 'to fragment.com, where this number was bought'],
};

/** `by SMS`: how a code will be sent. */
export function codeWay(type) {
  return WAYS[type]?.[0] ?? 'in another way';
}

/** Where to look for a code that was sent, as the end of "Telegram sent the code …". */
export function whereCodeIs(type) {
  return WAYS[type]?.[1] ?? 'in another way; check every Telegram client of this account';
}

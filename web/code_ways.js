/** How Telegram sends codes, by the service's names. */
const WAYS = {
  app: ['in the Telegram app', 'to the Telegram app of this account: look there, no SMS will come'],
  sms: ['by SMS', 'by SMS'],
  firebase_sms: ['by SMS', 'by SMS'],
  call: ['by a call', 'by a call that reads it out'],
  flash_call: ['by a short call', 'by a short call: the code is the number that calls'],
  missed_call: ['by a missed call', 'by a missed call: the code is the last digits of the number that calls'],
  email: ['by e-mail', 'to the e-mail address of this account'],
  fragment: ['on fragment.com', 'to fragment.com, where this number was bought'],
};

/** `by SMS`: how a code will be sent. */
export function codeWay(type) {
  return WAYS[type]?.[0] ?? 'in another way';
}

/** Where to look for a code that was sent, as the end of "Telegram sent the code …". */
export function whereCodeIs(type) {
  return WAYS[type]?.[1] ?? 'in a way of its own: look into every Telegram of this account';
}

/**
 * A port as a driver that runs on its own thread implements it there: the same operations, without the
 * promises, since each runs inside a transaction that commits before anyone is answered.
 */
export type Synchronous<Port> = {
  [Name in keyof Port]: Port[Name] extends (...args: infer Args) => Promise<infer Result>
    ? (...args: Args) => Result
    : never;
};

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
const digits = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });

/** A number of bytes in the largest fitting unit of powers of 1000: `12.3 MB`. */
export function size(bytes) {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  return `${digits.format(bytes / 1000 ** power)}\u00a0${UNITS[power]}`;
}

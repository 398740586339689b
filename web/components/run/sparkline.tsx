import styles from './run.module.css';

const WIDTH = 240;
const HEIGHT = 44;

/** Values over time as a line, from zero up; `label` says what they are. */
export function Sparkline({ values, label }: { readonly values: readonly number[]; readonly label: string }) {
  const most = Math.max(...values, 1);
  const at = (value: number, index: number) =>
    `${((index / (values.length - 1)) * WIDTH).toFixed(1)},${(HEIGHT - 2 - (value / most) * (HEIGHT - 4)).toFixed(1)}`;
  const line = values.map(at).join(' ');
  return (
    <figure className={styles.sparkline}>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        <polygon points={`0,${HEIGHT} ${line} ${WIDTH},${HEIGHT}`} />
        <polyline points={line} />
      </svg>
      <figcaption>{label}</figcaption>
    </figure>
  );
}

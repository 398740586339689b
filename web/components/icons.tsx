/** Outlines of 24 × 24, after Tabler's (MIT). */
const OUTLINES = {
  pool: 'M4 19V9m5 10V5m5 14v-7m5 7V8',
  sessions: 'M4 6h16M4 12h16M4 18h16',
  sources: 'M5 5a14 14 0 0 1 14 14M5 11a8 8 0 0 1 8 8M5 19h.01',
  runs: 'M7 4v16l13-8z',
  leases: 'M8 11V7a4 4 0 0 1 8 0v4M6 11h12v9H6z',
  keys: 'M14 7a4 4 0 1 0-3.5 4L4 17.500V20h3v-2h2v-2l3.500-3.500',
  audit: 'M6 3h9l4 4v14H6zM9 12h7M9 16h7M9 8h3',
  files: 'M4 6h6l2 3h8v10H4z',
  settings: 'M4 8h8m4 0h4M4 16h4m4 0h8M14 6v4M10 14v4',
  menu: 'M4 7h16M4 12h16M4 17h16',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14m5 12 5 5',
  close: 'M6 6l12 12M18 6 6 18',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  up: 'M6 14l6-6 6 6',
  down: 'M6 10l6 6 6-6',
  left: 'M14 6l-6 6 6 6',
  right: 'M10 6l6 6-6 6',
  plus: 'M12 5v14M5 12h14',
  refresh: 'M20 11a8 8 0 0 0-14.500-4.500L4 8m0-4v4h4M4 13a8 8 0 0 0 14.500 4.500L20 16m0 4v-4h-4',
  user: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8M5 20a7 7 0 0 1 14 0',
  upload: 'M4 17v3h16v-3M8 9l4-4 4 4m-4-4v11',
  download: 'M4 17v3h16v-3M8 11l4 4 4-4m-4 4V4',
  check: 'M5 12l5 5L20 7',
  trash: 'M4 7h16M10 11v6m4-6v6M6 7l1 13h10l1-13M9 7V4h6v3',
  link: 'M10 5H5v14h14v-5M13 4h7v7M20 4l-9 9',
} as const;

export type IconName = keyof typeof OUTLINES;

/** A picture beside words, which says nothing to screen readers. */
export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === 'more' ? 3 : 1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={OUTLINES[name]} />
    </svg>
  );
}

/** The mark of TeleGate. */
export function Mark({ size }: { readonly size: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 32 32"
      fill="none"
      strokeWidth={3}
      strokeLinecap="round"
    >
      <rect width="32" height="32" rx="8" fill="#3d5afe" />
      <path d="M7 25V13a9 9 0 0 1 18 0v12" stroke="#fff" />
      <path d="M13 25v-7m6 7v-7" stroke="#fff" strokeOpacity={0.7} />
    </svg>
  );
}

import { useSearchParams } from 'wouter';

/** The ways to add accounts, as they stand in the address. */
const ADD_TABS = ['code', 'upload', 'string', 'get'] as const;
export type AddTab = (typeof ADD_TABS)[number];

/** Which way to add accounts is open; Back closes it, and what was typed stays. */
export function useAdding() {
  const [params, setParams] = useSearchParams();
  const given = params.get('add');
  const tab = ADD_TABS.find((one) => one === given) ?? null;
  const put = (wanted: AddTab | null, replace: boolean) =>
    setParams(
      (before) => {
        const after = new URLSearchParams(before);
        if (wanted) after.set('add', wanted);
        else after.delete('add');
        return after;
      },
      { replace },
    );
  return {
    tab,
    open: (wanted: AddTab) => put(wanted, false),
    change: (wanted: AddTab) => put(wanted, true),
    close: () => put(null, true),
  };
}

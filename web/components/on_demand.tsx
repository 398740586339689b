import { type ComponentType, type ReactNode, useEffect, useState } from 'react';

type Found<Props> = { readonly Component: ComponentType<Props> } | { readonly error: unknown };

/**
 * A component whose code is loaded when it is first shown; until then there is what `meanwhile` makes of its properties.
 * React's own `lazy` shows it up to 300 ms late: it waits so long after every fallback. If the code can't be loaded, the
 * error is that of the component, and the next one that is shown tries again.
 */
export function onDemand<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  meanwhile: (props: Props) => ReactNode = () => null,
): ComponentType<Props> {
  let loaded: Found<Props> | null = null;
  let loading: Promise<Found<Props>> | null = null;

  async function find(): Promise<Found<Props>> {
    try {
      loaded = { Component: await load() };
      return loaded;
    } catch (error) {
      loading = null;
      return { error };
    }
  }

  return function OnDemand(props: Props) {
    const [found, setFound] = useState(loaded);
    useEffect(() => {
      if (loaded) return;
      let isShown = true;
      loading ??= find();
      void loading.then((outcome) => isShown && setFound(outcome));
      return () => {
        isShown = false;
      };
    }, []);
    if (!found) return meanwhile(props);
    if ('error' in found) throw found.error;
    return <found.Component {...props} />;
  };
}

/** Pages of Prefect's interface, by id. */
export interface PrefectLinks {
  readonly deployment: (id: string) => string;
  readonly flowRun: (id: string) => string;
}

/** The pages of the interface at this address, which does not end in a slash. */
export function prefectLinks(uiUrl: string): PrefectLinks {
  return {
    deployment: (id) => `${uiUrl}/deployments/deployment/${encodeURIComponent(id)}`,
    flowRun: (id) => `${uiUrl}/runs/flow-run/${encodeURIComponent(id)}`,
  };
}

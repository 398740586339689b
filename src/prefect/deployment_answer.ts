import type { DeploymentAnswer, DeploymentsOf } from '../sources/source_answer.js';
import type { Deployment, PrefectStore } from './store.js';

/**
 * The deployments of sources, for the API. `urlOf`: the page of a deployment in Prefect's interface. `problem`: why
 * Prefect cannot be used now.
 */
export function deploymentAnswers(
  store: Pick<PrefectStore, 'deploymentsOf'>,
  urlOf: (deploymentId: string) => string | null,
  problem: () => string | null = () => null,
): DeploymentsOf {
  const answer = (deployment: Deployment): DeploymentAnswer => {
    const serialized = serializeDeployment(deployment, urlOf);
    if (serialized.synchronised) return serialized;
    return { ...serialized, error: problem() ?? serialized.error };
  };
  return async (sourceIds) => {
    const deployments = await store.deploymentsOf(sourceIds);
    return new Map(deployments.map((one) => [one.sourceId, answer(one)]));
  };
}

const UNUSED =
  'Prefect is not used (PREFECT_API_URL), and only Prefect can follow this schedule: the source runs on demand only';

/** While Prefect is not used: those of sources with a schedule that only Prefect can follow. */
export function unusedDeploymentAnswers(store: Pick<PrefectStore, 'deploymentsOf'>): DeploymentsOf {
  return async (sourceIds) => {
    const deployments = await store.deploymentsOf(sourceIds);
    const foreign = deployments.filter(({ foreignSchedule }) => foreignSchedule !== null);
    const unused = { synchronised: false, error: UNUSED };
    return new Map(
      foreign.map((one) => [one.sourceId, { ...serializeDeployment(one, () => null), ...unused }]),
    );
  };
}

function serializeDeployment(
  { deploymentId, revision, syncedRevision, foreignSchedule, error }: Deployment,
  urlOf: (deploymentId: string) => string | null,
): DeploymentAnswer {
  return {
    id: deploymentId,
    synchronised: deploymentId !== null && revision === syncedRevision,
    schedule: foreignSchedule,
    error,
    url: deploymentId === null ? null : urlOf(deploymentId),
  };
}

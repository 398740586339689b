import type { DeploymentAnswer, DeploymentsOf } from '../sources/source_answer.js';
import type { Deployment, PrefectStore } from './store.js';

/** The deployments of sources, for the API. `urlOf`: the page of a deployment in Prefect's interface. */
export function deploymentAnswers(
  store: Pick<PrefectStore, 'deploymentsOf'>,
  urlOf: (deploymentId: string) => string | null,
): DeploymentsOf {
  return async (sourceIds) => {
    const deployments = await store.deploymentsOf(sourceIds);
    return new Map(deployments.map((one) => [one.sourceId, serializeDeployment(one, urlOf)]));
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

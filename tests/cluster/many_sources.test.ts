import { manySources } from '../scraping/many_sources.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { withScrapingReplicas } from './scraping_replicas.js';

const describe = await describeWithServer();

describe('50 sources on 5 sessions and three replicas', () =>
  manySources((most, test) =>
    withScrapingReplicas(({ replicas, sandbox, dataDir }) => test({ services: replicas, sandbox, dataDir }), {
      most: [most, most, most],
    }),
  ));

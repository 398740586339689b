import { until } from '../service/manual_time.js';
import type { Service } from '../service/service.js';

/** A waiting request; `order` gets its name when it is answered. */
export function hold(service: Service, query: string, name: string, order: string[]) {
  return service
    .as('worker')
    .get(`/session?${query}`)
    .then((answer) => {
      order.push(name);
      return answer;
    });
}

export function inQueue(service: Service, count: number): Promise<void> {
  return until(() => service.container.pool.waiting === count);
}

export function release(service: Service, session_id: number) {
  return service.as('worker').post('/release').send({ session_id }).expect(200);
}

import { z } from 'zod';
import { defineRoute, type Route } from './route.js';

/** Parts of the service that need settings before they can be used. */
export const OPTIONAL_FEATURES = [
  'telegram_application',
  'https',
  'proxy',
  'session_checks',
  'egress',
  'nas',
  's3',
  'prefect',
  'replicas',
] as const;

const settingsAnswer = z
  .object({
    service: z.object({
      version: z.string(),
      node: z.string().meta({ example: '24.1.0' }),
      database: z.enum(['sqlite', 'postgres']),
      started_at: z.iso.datetime(),
    }),
    settings: z.array(
      z.object({
        name: z.string().meta({ example: 'LEASE_TTL_SECONDS' }),
        value: z
          .union([z.string(), z.number()])
          .nullable()
          .meta({ description: 'null: not set, or secret', example: 10_800 }),
        is_secret: z.boolean(),
        is_set: z.boolean().meta({ description: 'Whether it has a value, of its own or by default' }),
        is_default: z.boolean(),
      }),
    ),
    features: z.array(
      z.object({
        name: z.enum(OPTIONAL_FEATURES),
        configured: z.boolean(),
        settings: z.array(z.string()).meta({ description: 'What it needs', example: ['NAS_ROOT'] }),
        how_to: z.string().meta({ description: 'What it is good for, and how to configure it' }),
      }),
    ),
  })
  .meta({ id: 'Settings' });

export type SettingsAnswer = z.output<typeof settingsAnswer>;

/** `GET /settings`: what the service runs with. */
export function settingsRoutes(settings: () => SettingsAnswer): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/settings',
      tag: 'Operations',
      summary: 'The settings that the service runs with, and what is not configured',
      description:
        'Secrets are not shown, only whether they are set. Settings are changed in the environment, or in `.env`, and read at the start.',
      access: [],
      responses: { 200: { description: 'Settings', schema: settingsAnswer } },
      handle: () => ({ body: settings() }),
    }),
  ];
}

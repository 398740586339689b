CREATE TABLE `deployments` (
	`source_id` integer PRIMARY KEY NOT NULL,
	`deployment_id` text,
	`synced` text,
	`foreign_schedule` text,
	`revision` integer DEFAULT 1 NOT NULL,
	`synced_revision` integer DEFAULT 0 NOT NULL,
	`error` text
);
--> statement-breakpoint
CREATE INDEX `deployments_due` ON `deployments` (`source_id`) WHERE revision <> synced_revision;--> statement-breakpoint
ALTER TABLE `runs` ADD `total_messages` integer;--> statement-breakpoint
ALTER TABLE `runs` ADD `message_limit` integer;--> statement-breakpoint
ALTER TABLE `runs` ADD `since` integer;--> statement-breakpoint
ALTER TABLE `runs` ADD `file_types` text;--> statement-breakpoint
ALTER TABLE `runs` ADD `flow_run_id` text;--> statement-breakpoint
ALTER TABLE `runs` ADD `flow_reported` integer DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE `runs` ADD `flow_logs_sent` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `runs` ADD `flow_logs_due` integer DEFAULT false NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `runs_by_flow_run` ON `runs` (`flow_run_id`) WHERE flow_run_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `runs_unreported` ON `runs` (`id`) WHERE NOT flow_reported;--> statement-breakpoint
CREATE INDEX `runs_with_logs_due` ON `runs` (`id`) WHERE flow_logs_due;--> statement-breakpoint
INSERT INTO `deployments` (`source_id`) SELECT `id` FROM `sources`;

CREATE TABLE `resolve_budgets` (
	`session_id` integer PRIMARY KEY NOT NULL,
	`lowered_to` integer,
	`lowered_at` integer,
	`used_up_until` integer,
	`per_day` integer,
	FOREIGN KEY (`session_id`) REFERENCES `sessions`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `resolve_budgets_by_end` ON `resolve_budgets` (`used_up_until`);--> statement-breakpoint
CREATE TABLE `resolves` (
	`id` integer PRIMARY KEY NOT NULL,
	`session_id` integer NOT NULL,
	`at` integer NOT NULL,
	`channel` text NOT NULL,
	`lease_id` text,
	`made` integer NOT NULL,
	FOREIGN KEY (`session_id`) REFERENCES `sessions`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `resolves_by_session` ON `resolves` (`session_id`,`at`);--> statement-breakpoint
CREATE INDEX `resolves_by_lease` ON `resolves` (`lease_id`,`channel`) WHERE lease_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `resolves_by_age` ON `resolves` (`at`);--> statement-breakpoint
DROP INDEX `peers_by_identifier`;--> statement-breakpoint
ALTER TABLE `peers` ADD `type` text DEFAULT 'channel' NOT NULL;--> statement-breakpoint
CREATE INDEX `peers_by_channel` ON `peers` (`channel_id`,`session_id`);--> statement-breakpoint
CREATE INDEX `peers_by_use` ON `peers` (`session_id`,`used_at`);--> statement-breakpoint
CREATE INDEX `peers_by_identifier` ON `peers` (`identifier`,`channel_id`,`session_id`);--> statement-breakpoint
UPDATE OR REPLACE `peers` SET `identifier` = lower(`identifier`) WHERE `identifier` <> lower(`identifier`);--> statement-breakpoint
UPDATE `peers` SET `type` = 'chat' WHERE `access_hash` IS NULL;

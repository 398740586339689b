CREATE TABLE `session_days` (
	`session_id` integer NOT NULL,
	`day` integer NOT NULL,
	`uses` integer DEFAULT 0 NOT NULL,
	`flood_seconds` integer DEFAULT 0 NOT NULL,
	`errors` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`session_id`, `day`),
	FOREIGN KEY (`session_id`) REFERENCES `sessions`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `session_days_by_day` ON `session_days` (`day`);--> statement-breakpoint
CREATE TABLE `tag_limits` (
	`tag` text PRIMARY KEY NOT NULL,
	`max_uses_per_day` integer NOT NULL,
	`ramp_days` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `sessions` ADD `condition` text DEFAULT 'alive' NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `condition_detail` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `uses_day` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `uses_today` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `used_up_until` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `health_penalty` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `health_reasons` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
CREATE INDEX `sessions_by_health` ON `sessions` (`method_flooded`,`health_penalty`,`last_used_at`) WHERE state = 'free';
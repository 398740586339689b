CREATE TABLE `ended_sign_ins` (
	`id` text PRIMARY KEY NOT NULL,
	`until` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `ended_sign_ins_by_end` ON `ended_sign_ins` (`until`);--> statement-breakpoint
CREATE TABLE `pool_samples` (
	`step` integer NOT NULL,
	`at` integer NOT NULL,
	`free` integer,
	`in_use` integer,
	`in_floodwait` integer,
	`unavailable` integer,
	`waiting` integer,
	`leases` integer DEFAULT 0 NOT NULL,
	`releases` integer DEFAULT 0 NOT NULL,
	`floods` integer DEFAULT 0 NOT NULL,
	`granted` integer DEFAULT 0 NOT NULL,
	`refused` integer DEFAULT 0 NOT NULL,
	`waited_ms` integer DEFAULT 0 NOT NULL,
	`longest_wait_ms` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`step`, `at`)
);
--> statement-breakpoint
CREATE INDEX `audit_log_by_holder` ON `audit_log` (`holder`,`id`);--> statement-breakpoint
CREATE INDEX `runs_by_state` ON `runs` (`state`,`id`);
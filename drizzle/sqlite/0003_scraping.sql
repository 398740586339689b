CREATE TABLE `checkpoints` (
	`source_id` integer PRIMARY KEY NOT NULL,
	`last_message_id` integer NOT NULL,
	`month_path` text,
	`month_bytes` integer NOT NULL,
	FOREIGN KEY (`source_id`) REFERENCES `sources`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `files` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`source_id` integer NOT NULL,
	`run_id` integer NOT NULL,
	`message_id` integer NOT NULL,
	`path` text,
	`name` text NOT NULL,
	`mime_type` text NOT NULL,
	`size_bytes` integer NOT NULL,
	`sha256` blob,
	`state` text NOT NULL,
	`reason` text,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`source_id`) REFERENCES `sources`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `files_by_message` ON `files` (`source_id`,`message_id`);--> statement-breakpoint
CREATE INDEX `files_by_content` ON `files` (`source_id`,`sha256`) WHERE state = 'stored';--> statement-breakpoint
CREATE INDEX `files_by_run` ON `files` (`run_id`,`message_id`);--> statement-breakpoint
CREATE TABLE `peers` (
	`session_id` integer NOT NULL,
	`identifier` text NOT NULL,
	`channel_id` text NOT NULL,
	`access_hash` text,
	`title` text NOT NULL,
	`username` text,
	PRIMARY KEY(`session_id`, `identifier`),
	FOREIGN KEY (`session_id`) REFERENCES `sessions`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `run_logs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`run_id` integer NOT NULL,
	`at` integer NOT NULL,
	`level` text NOT NULL,
	`message` text NOT NULL,
	FOREIGN KEY (`run_id`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `run_logs_by_run` ON `run_logs` (`run_id`,`id`);--> statement-breakpoint
CREATE INDEX `run_logs_by_age` ON `run_logs` (`at`);--> statement-breakpoint
CREATE TABLE `runs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`source_id` integer NOT NULL,
	`state` text NOT NULL,
	`reason` text NOT NULL,
	`error` text,
	`session_name` text,
	`waiting_since` integer,
	`owner` text,
	`owned_until` integer,
	`cancel_requested` integer DEFAULT false NOT NULL,
	`not_before` integer,
	`messages_read` integer DEFAULT 0 NOT NULL,
	`messages_stored` integer DEFAULT 0 NOT NULL,
	`files_found` integer DEFAULT 0 NOT NULL,
	`files_done` integer DEFAULT 0 NOT NULL,
	`files_skipped` integer DEFAULT 0 NOT NULL,
	`bytes_done` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`finished_at` integer,
	FOREIGN KEY (`source_id`) REFERENCES `sources`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `runs_by_source` ON `runs` (`source_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `runs_unfinished` ON `runs` (`source_id`) WHERE finished_at IS NULL;--> statement-breakpoint
CREATE TABLE `sources` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`identifier` text NOT NULL,
	`channel_title` text,
	`access_level` text NOT NULL,
	`target` text NOT NULL,
	`target_path` text,
	`session_id` integer,
	`file_types` text,
	`schedule` text,
	`is_active` integer NOT NULL,
	`api_id` integer,
	`api_hash` text,
	`bot_token` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`last_scraped_at` integer,
	`total_messages` integer DEFAULT 0 NOT NULL,
	`total_files` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`session_id`) REFERENCES `sessions`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `sources_by_session` ON `sources` (`session_id`) WHERE session_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `sources_by_name` ON `sources` (`name`);
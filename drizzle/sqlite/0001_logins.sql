CREATE TABLE `pending_logins` (
	`id` text PRIMARY KEY NOT NULL,
	`holder` text NOT NULL,
	`kind` text NOT NULL,
	`stage` text NOT NULL,
	`save_at_once` integer NOT NULL,
	`phone_number` text,
	`session_name` text,
	`secret` text NOT NULL,
	`auth_key_sha256` blob,
	`in_doubt` integer NOT NULL,
	`session_id` integer,
	`expires_at` integer NOT NULL,
	`claimed_until` integer,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `pending_logins_by_end` ON `pending_logins` (`expires_at`);--> statement-breakpoint
CREATE INDEX `pending_logins_by_auth_key` ON `pending_logins` (`auth_key_sha256`) WHERE auth_key_sha256 IS NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `folded_name` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `api_hash` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `last_checked_at` integer;--> statement-breakpoint
-- Names with letters that lower() does not know keep '' and are folded when the database is opened.
UPDATE `sessions` SET `folded_name` = lower(`name`) WHERE length(`name`) = length(CAST(`name` AS blob));--> statement-breakpoint
CREATE INDEX `sessions_by_folded_name` ON `sessions` (`folded_name`);--> statement-breakpoint
CREATE INDEX `sessions_by_phone` ON `sessions` (`phone_number`) WHERE phone_number IS NOT NULL;--> statement-breakpoint
CREATE INDEX `sessions_by_check` ON `sessions` (`last_checked_at`) WHERE state = 'free';
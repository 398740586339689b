CREATE TABLE `audit_log` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`holder` text NOT NULL,
	`key_name` text NOT NULL,
	`address` text,
	`request_id` text,
	`action` text NOT NULL,
	`object` text,
	`outcome` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_log_by_action` ON `audit_log` (`action`,`id`);--> statement-breakpoint
CREATE INDEX `audit_log_by_object` ON `audit_log` (`object`,`id`);--> statement-breakpoint
ALTER TABLE `api_keys` ADD `tags` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `api_keys` ADD `expires_at` integer;--> statement-breakpoint
CREATE INDEX `method_floods_by_method` ON `method_floods` (`method`,`until`);--> statement-breakpoint
CREATE INDEX `session_tags_by_tag` ON `session_tags` (`tag`,`session_id`);
CREATE TABLE `api_keys` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`hash` text NOT NULL,
	`max_leases` integer,
	`created_at` integer NOT NULL,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_hash_unique` ON `api_keys` (`hash`);--> statement-breakpoint
CREATE TABLE `counts` (
	`name` text PRIMARY KEY NOT NULL,
	`n` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `facts` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `history` (
	`id` integer PRIMARY KEY NOT NULL,
	`session_id` integer NOT NULL,
	`at` integer NOT NULL,
	`event` text NOT NULL,
	`detail` text,
	`lease_id` text,
	`holder` text
);
--> statement-breakpoint
CREATE INDEX `history_by_session` ON `history` (`session_id`);--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`holder` text NOT NULL,
	`key` text NOT NULL,
	`session_id` integer NOT NULL,
	`lease_id` text NOT NULL,
	`repeats` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`holder`, `key`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_keys_by_age` ON `idempotency_keys` (`created_at`);--> statement-breakpoint
CREATE INDEX `idempotency_keys_by_lease` ON `idempotency_keys` (`lease_id`);--> statement-breakpoint
CREATE TABLE `method_floods` (
	`session_id` integer NOT NULL,
	`method` text NOT NULL,
	`until` integer NOT NULL,
	PRIMARY KEY(`session_id`, `method`),
	FOREIGN KEY (`session_id`) REFERENCES `sessions`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `method_floods_by_end` ON `method_floods` (`until`);--> statement-breakpoint
CREATE TABLE `proxies` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`type` text NOT NULL,
	`host` text NOT NULL,
	`port` integer NOT NULL,
	`user` text,
	`pass` text
);
--> statement-breakpoint
CREATE TABLE `session_tags` (
	`tag` text NOT NULL,
	`session_id` integer NOT NULL,
	`free_since` integer,
	PRIMARY KEY(`session_id`, `tag`),
	FOREIGN KEY (`session_id`) REFERENCES `sessions`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `session_tags_free` ON `session_tags` (`tag`,`free_since`) WHERE free_since IS NOT NULL;--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`file` text,
	`json_file` text,
	`fingerprint` text NOT NULL,
	`format` text NOT NULL,
	`auth_key_sha256` blob,
	`dc_id` integer,
	`user_id` text,
	`phone_number` text,
	`api_id` integer,
	`proxy_id` integer,
	`tags` text NOT NULL,
	`inactive` integer DEFAULT false NOT NULL,
	`rest` text NOT NULL,
	`rest_reason` text,
	`state` text NOT NULL,
	`state_reason` text,
	`state_until` integer,
	`limited` integer DEFAULT 0 NOT NULL,
	`last_used_at` integer NOT NULL,
	`lease_id` text,
	`lease_holder` text,
	`lease_ttl_seconds` integer,
	`lease_renewed` integer DEFAULT 0 NOT NULL,
	`suspected_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`proxy_id`) REFERENCES `proxies`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_name_unique` ON `sessions` (`name`);--> statement-breakpoint
CREATE INDEX `sessions_by_use` ON `sessions` (`state`,`limited`,`last_used_at`);--> statement-breakpoint
CREATE INDEX `sessions_by_deadline` ON `sessions` (`state`,`state_until`) WHERE state_until IS NOT NULL;--> statement-breakpoint
CREATE INDEX `sessions_by_auth_key` ON `sessions` (`auth_key_sha256`) WHERE auth_key_sha256 IS NOT NULL;
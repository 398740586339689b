ALTER TABLE `facts` RENAME TO `key_value`;--> statement-breakpoint
ALTER TABLE `sessions` RENAME COLUMN "rest" TO "base_state";--> statement-breakpoint
ALTER TABLE `sessions` RENAME COLUMN "rest_reason" TO "base_state_reason";--> statement-breakpoint
ALTER TABLE `sessions` RENAME COLUMN "limited" TO "method_flooded";--> statement-breakpoint
DROP INDEX `sessions_by_use`;--> statement-breakpoint
CREATE INDEX `sessions_by_use` ON `sessions` (`state`,`method_flooded`,`last_used_at`);--> statement-breakpoint
UPDATE counts SET name = 'method_flooded' WHERE name = 'limited';--> statement-breakpoint
UPDATE history SET event = 'undelivered' WHERE event = 'given_back';--> statement-breakpoint
UPDATE history SET event = 'auth_key_changed' WHERE event = 'rekeyed';

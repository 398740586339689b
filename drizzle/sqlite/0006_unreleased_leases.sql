ALTER TABLE `sessions` ADD `lease_address` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `cooldown_until` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `unreleased` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
UPDATE sessions SET cooldown_until = state_until WHERE state = 'cooldown';

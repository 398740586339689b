ALTER TABLE `runs` ADD `sessions` text;--> statement-breakpoint
CREATE INDEX `peers_by_identifier` ON `peers` (`identifier`,`used_at`);
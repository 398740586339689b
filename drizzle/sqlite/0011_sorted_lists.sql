CREATE INDEX `sessions_by_creation` ON `sessions` (`created_at`);--> statement-breakpoint
CREATE INDEX `sessions_by_update` ON `sessions` (`updated_at`);
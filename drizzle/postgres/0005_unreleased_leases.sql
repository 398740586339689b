ALTER TABLE "sessions" ADD COLUMN "lease_address" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "cooldown_until" bigint;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "unreleased" text DEFAULT '[]' NOT NULL;--> statement-breakpoint
UPDATE sessions SET cooldown_until = state_until WHERE state = 'cooldown';

CREATE INDEX "sessions_by_creation" ON "sessions" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "sessions_by_update" ON "sessions" USING btree ("updated_at","id");
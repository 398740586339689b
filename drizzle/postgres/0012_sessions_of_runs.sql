ALTER TABLE "runs" ADD COLUMN "sessions" text[];--> statement-breakpoint
CREATE INDEX "peers_by_identifier" ON "peers" USING btree ("identifier","used_at");
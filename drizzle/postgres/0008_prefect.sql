CREATE TABLE "deployments" (
	"source_id" bigint PRIMARY KEY NOT NULL,
	"deployment_id" text,
	"synced" text,
	"foreign_schedule" text,
	"revision" bigint DEFAULT 1 NOT NULL,
	"synced_revision" bigint DEFAULT 0 NOT NULL,
	"error" text
);
--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "total_messages" bigint;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "message_limit" bigint;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "since" bigint;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "file_types" text[];--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "flow_run_id" text;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "flow_reported" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "flow_logs_sent" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "flow_logs_due" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "deployments_due" ON "deployments" USING btree ("source_id") WHERE revision <> synced_revision;--> statement-breakpoint
CREATE UNIQUE INDEX "runs_by_flow_run" ON "runs" USING btree ("flow_run_id") WHERE flow_run_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "runs_unreported" ON "runs" USING btree ("id") WHERE NOT flow_reported;--> statement-breakpoint
CREATE INDEX "runs_with_logs_due" ON "runs" USING btree ("id") WHERE flow_logs_due;--> statement-breakpoint
INSERT INTO "deployments" ("source_id") SELECT "id" FROM "sources";

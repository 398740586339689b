CREATE TABLE "checkpoints" (
	"source_id" bigint PRIMARY KEY NOT NULL,
	"last_message_id" integer NOT NULL,
	"month_path" text,
	"month_bytes" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "files" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "files_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"source_id" bigint NOT NULL,
	"run_id" bigint NOT NULL,
	"message_id" integer NOT NULL,
	"path" text,
	"name" text NOT NULL,
	"mime_type" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"sha256" "bytea",
	"state" text NOT NULL,
	"reason" text,
	"created_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "peers" (
	"session_id" bigint NOT NULL,
	"identifier" text NOT NULL,
	"channel_id" text NOT NULL,
	"access_hash" text,
	"title" text NOT NULL,
	"username" text,
	CONSTRAINT "peers_session_id_identifier_pk" PRIMARY KEY("session_id","identifier")
);
--> statement-breakpoint
CREATE TABLE "run_logs" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "run_logs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"run_id" bigint NOT NULL,
	"at" bigint NOT NULL,
	"level" text NOT NULL,
	"message" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "runs" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "runs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"source_id" bigint NOT NULL,
	"state" text NOT NULL,
	"reason" text NOT NULL,
	"error" text,
	"session_name" text,
	"waiting_since" bigint,
	"owner" text,
	"owned_until" bigint,
	"cancel_requested" boolean DEFAULT false NOT NULL,
	"not_before" bigint,
	"messages_read" bigint DEFAULT 0 NOT NULL,
	"messages_stored" bigint DEFAULT 0 NOT NULL,
	"files_found" bigint DEFAULT 0 NOT NULL,
	"files_done" bigint DEFAULT 0 NOT NULL,
	"files_skipped" bigint DEFAULT 0 NOT NULL,
	"bytes_done" bigint DEFAULT 0 NOT NULL,
	"created_at" bigint NOT NULL,
	"started_at" bigint,
	"finished_at" bigint
);
--> statement-breakpoint
CREATE TABLE "sources" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "sources_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"identifier" text NOT NULL,
	"channel_title" text,
	"access_level" text NOT NULL,
	"target" text NOT NULL,
	"target_path" text,
	"session_id" bigint,
	"file_types" text[],
	"schedule" text,
	"is_active" boolean NOT NULL,
	"api_id" integer,
	"api_hash" text,
	"bot_token" text,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	"last_scraped_at" bigint,
	"total_messages" bigint DEFAULT 0 NOT NULL,
	"total_files" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "checkpoints" ADD CONSTRAINT "checkpoints_source_id_sources_id_fk" FOREIGN KEY ("source_id") REFERENCES "public"."sources"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "files" ADD CONSTRAINT "files_source_id_sources_id_fk" FOREIGN KEY ("source_id") REFERENCES "public"."sources"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "peers" ADD CONSTRAINT "peers_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_logs" ADD CONSTRAINT "run_logs_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "runs" ADD CONSTRAINT "runs_source_id_sources_id_fk" FOREIGN KEY ("source_id") REFERENCES "public"."sources"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sources" ADD CONSTRAINT "sources_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "files_by_message" ON "files" USING btree ("source_id","message_id");--> statement-breakpoint
CREATE INDEX "files_by_content" ON "files" USING btree ("source_id","sha256") WHERE state = 'stored';--> statement-breakpoint
CREATE INDEX "files_by_run" ON "files" USING btree ("run_id","message_id");--> statement-breakpoint
CREATE INDEX "run_logs_by_run" ON "run_logs" USING btree ("run_id","id");--> statement-breakpoint
CREATE INDEX "run_logs_by_age" ON "run_logs" USING btree ("at");--> statement-breakpoint
CREATE INDEX "runs_by_source" ON "runs" USING btree ("source_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "runs_unfinished" ON "runs" USING btree ("source_id") WHERE finished_at IS NULL;--> statement-breakpoint
CREATE INDEX "sources_by_session" ON "sources" USING btree ("session_id") WHERE session_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "sources_by_name" ON "sources" USING btree ("name");
CREATE TABLE "ended_sign_ins" (
	"id" text PRIMARY KEY NOT NULL,
	"until" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "pool_samples" (
	"step" integer NOT NULL,
	"at" bigint NOT NULL,
	"free" integer,
	"in_use" integer,
	"in_floodwait" integer,
	"unavailable" integer,
	"waiting" integer,
	"leases" integer DEFAULT 0 NOT NULL,
	"releases" integer DEFAULT 0 NOT NULL,
	"floods" integer DEFAULT 0 NOT NULL,
	"granted" integer DEFAULT 0 NOT NULL,
	"refused" integer DEFAULT 0 NOT NULL,
	"waited_ms" bigint DEFAULT 0 NOT NULL,
	"longest_wait_ms" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "pool_samples_step_at_pk" PRIMARY KEY("step","at")
);
--> statement-breakpoint
CREATE INDEX "ended_sign_ins_by_end" ON "ended_sign_ins" USING btree ("until");--> statement-breakpoint
CREATE INDEX "audit_log_by_holder" ON "audit_log" USING btree ("holder","id");--> statement-breakpoint
CREATE INDEX "runs_by_state" ON "runs" USING btree ("state","id");--> statement-breakpoint
CREATE INDEX "sessions_by_name" ON "sessions" USING btree ("folded_name" COLLATE "C","id");
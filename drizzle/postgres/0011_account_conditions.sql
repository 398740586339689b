CREATE TABLE "session_days" (
	"session_id" bigint NOT NULL,
	"day" integer NOT NULL,
	"uses" integer DEFAULT 0 NOT NULL,
	"flood_seconds" bigint DEFAULT 0 NOT NULL,
	"errors" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "session_days_session_id_day_pk" PRIMARY KEY("session_id","day")
);
--> statement-breakpoint
CREATE TABLE "tag_limits" (
	"tag" text PRIMARY KEY NOT NULL,
	"max_uses_per_day" integer NOT NULL,
	"ramp_days" integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "condition" text DEFAULT 'alive' NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "condition_detail" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "uses_day" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "uses_today" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "used_up_until" bigint;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "health_penalty" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "health_reasons" text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "session_days" ADD CONSTRAINT "session_days_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "session_days_by_day" ON "session_days" USING btree ("day");--> statement-breakpoint
CREATE INDEX "sessions_by_health" ON "sessions" USING btree ("method_flooded","health_penalty","last_used_at","id") WHERE state = 'free';
CREATE TABLE "resolve_budgets" (
	"session_id" bigint PRIMARY KEY NOT NULL,
	"lowered_to" integer,
	"lowered_at" bigint,
	"used_up_until" bigint,
	"per_day" integer
);
--> statement-breakpoint
CREATE TABLE "resolves" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "resolves_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"session_id" bigint NOT NULL,
	"at" bigint NOT NULL,
	"channel" text NOT NULL,
	"lease_id" text,
	"made" boolean NOT NULL
);
--> statement-breakpoint
DROP INDEX "peers_by_identifier";--> statement-breakpoint
ALTER TABLE "peers" ADD COLUMN "type" text DEFAULT 'channel' NOT NULL;--> statement-breakpoint
ALTER TABLE "resolve_budgets" ADD CONSTRAINT "resolve_budgets_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "resolves" ADD CONSTRAINT "resolves_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "resolve_budgets_by_end" ON "resolve_budgets" USING btree ("used_up_until");--> statement-breakpoint
CREATE INDEX "resolves_by_session" ON "resolves" USING btree ("session_id","at");--> statement-breakpoint
CREATE INDEX "resolves_by_lease" ON "resolves" USING btree ("lease_id","channel") WHERE lease_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX "resolves_by_age" ON "resolves" USING btree ("at");--> statement-breakpoint
CREATE INDEX "peers_by_channel" ON "peers" USING btree ("channel_id","session_id");--> statement-breakpoint
CREATE INDEX "peers_by_use" ON "peers" USING btree ("session_id","used_at");--> statement-breakpoint
CREATE INDEX "peers_by_identifier" ON "peers" USING btree ("identifier","channel_id","session_id");--> statement-breakpoint
DELETE FROM "peers" p USING "peers" q WHERE p."session_id" = q."session_id" AND lower(p."identifier") = lower(q."identifier") AND (p."used_at", p."identifier") < (q."used_at", q."identifier");--> statement-breakpoint
UPDATE "peers" SET "identifier" = lower("identifier") WHERE "identifier" <> lower("identifier");--> statement-breakpoint
UPDATE "peers" SET "type" = 'chat' WHERE "access_hash" IS NULL;

CREATE TABLE "api_keys" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "api_keys_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"role" text NOT NULL,
	"hash" text NOT NULL,
	"max_leases" integer,
	"created_at" bigint NOT NULL,
	"revoked_at" bigint,
	CONSTRAINT "api_keys_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "counts" (
	"name" text NOT NULL,
	"shard" smallint NOT NULL,
	"n" bigint NOT NULL,
	CONSTRAINT "counts_name_shard_pk" PRIMARY KEY("name","shard")
);
--> statement-breakpoint
CREATE TABLE "facts" (
	"name" text PRIMARY KEY NOT NULL,
	"value" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "history" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "history_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"session_id" bigint NOT NULL,
	"at" bigint NOT NULL,
	"event" text NOT NULL,
	"detail" text,
	"lease_id" text,
	"holder" text
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"holder" text NOT NULL,
	"key" text NOT NULL,
	"session_id" bigint NOT NULL,
	"lease_id" text NOT NULL,
	"repeats" integer DEFAULT 0 NOT NULL,
	"created_at" bigint NOT NULL,
	CONSTRAINT "idempotency_keys_holder_key_pk" PRIMARY KEY("holder","key")
);
--> statement-breakpoint
CREATE TABLE "method_floods" (
	"session_id" bigint NOT NULL,
	"method" text NOT NULL,
	"until" bigint NOT NULL,
	CONSTRAINT "method_floods_session_id_method_pk" PRIMARY KEY("session_id","method")
);
--> statement-breakpoint
CREATE TABLE "pending_logins" (
	"id" text PRIMARY KEY NOT NULL,
	"holder" text NOT NULL,
	"kind" text NOT NULL,
	"stage" text NOT NULL,
	"save_at_once" boolean NOT NULL,
	"phone_number" text,
	"session_name" text,
	"secret" text NOT NULL,
	"auth_key_sha256" "bytea",
	"in_doubt" boolean NOT NULL,
	"session_id" bigint,
	"expires_at" bigint NOT NULL,
	"claimed_until" bigint,
	"created_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "proxies" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "proxies_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"type" text NOT NULL,
	"host" text NOT NULL,
	"port" integer NOT NULL,
	"user" text,
	"pass" text
);
--> statement-breakpoint
CREATE TABLE "session_tags" (
	"tag" text NOT NULL,
	"session_id" bigint NOT NULL,
	"free_since" bigint,
	CONSTRAINT "session_tags_session_id_tag_pk" PRIMARY KEY("session_id","tag")
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "sessions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"folded_name" text NOT NULL,
	"file" text,
	"json_file" text,
	"fingerprint" text NOT NULL,
	"format" text NOT NULL,
	"auth_key_sha256" "bytea",
	"dc_id" integer,
	"user_id" text,
	"phone_number" text,
	"api_id" integer,
	"api_hash" text,
	"proxy_id" bigint,
	"tags" text[] NOT NULL,
	"inactive" boolean DEFAULT false NOT NULL,
	"rest" text NOT NULL,
	"rest_reason" text,
	"state" text NOT NULL,
	"state_reason" text,
	"state_until" bigint,
	"limited" boolean DEFAULT false NOT NULL,
	"last_used_at" bigint NOT NULL,
	"lease_id" text,
	"lease_holder" text,
	"lease_ttl_seconds" integer,
	"lease_renewed" boolean DEFAULT false NOT NULL,
	"suspected_at" bigint,
	"last_checked_at" bigint,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL,
	CONSTRAINT "sessions_name_unique" UNIQUE("name")
);
--> statement-breakpoint
ALTER TABLE "method_floods" ADD CONSTRAINT "method_floods_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "session_tags" ADD CONSTRAINT "session_tags_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_proxy_id_proxies_id_fk" FOREIGN KEY ("proxy_id") REFERENCES "public"."proxies"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "history_by_session" ON "history" USING btree ("session_id","id");--> statement-breakpoint
CREATE INDEX "idempotency_keys_by_age" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "idempotency_keys_by_lease" ON "idempotency_keys" USING btree ("lease_id");--> statement-breakpoint
CREATE INDEX "method_floods_by_end" ON "method_floods" USING btree ("until");--> statement-breakpoint
CREATE INDEX "pending_logins_by_end" ON "pending_logins" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "pending_logins_by_auth_key" ON "pending_logins" USING btree ("auth_key_sha256") WHERE auth_key_sha256 IS NOT NULL;--> statement-breakpoint
CREATE INDEX "session_tags_free" ON "session_tags" USING btree ("tag","free_since","session_id") WHERE free_since IS NOT NULL;--> statement-breakpoint
CREATE INDEX "sessions_by_use" ON "sessions" USING btree ("state","limited","last_used_at","id");--> statement-breakpoint
CREATE INDEX "sessions_by_deadline" ON "sessions" USING btree ("state","state_until") WHERE state_until IS NOT NULL;--> statement-breakpoint
CREATE INDEX "sessions_by_auth_key" ON "sessions" USING btree ("auth_key_sha256") WHERE auth_key_sha256 IS NOT NULL;--> statement-breakpoint
CREATE INDEX "sessions_by_folded_name" ON "sessions" USING btree ("folded_name");--> statement-breakpoint
CREATE INDEX "sessions_by_phone" ON "sessions" USING btree ("phone_number") WHERE phone_number IS NOT NULL;--> statement-breakpoint
CREATE INDEX "sessions_by_check" ON "sessions" USING btree ("last_checked_at") WHERE state = 'free';
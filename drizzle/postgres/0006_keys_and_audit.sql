CREATE TABLE "audit_log" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" bigint NOT NULL,
	"holder" text NOT NULL,
	"key_name" text NOT NULL,
	"address" text,
	"request_id" text,
	"action" text NOT NULL,
	"object" text,
	"outcome" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "tags" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "api_keys" ADD COLUMN "expires_at" bigint;--> statement-breakpoint
CREATE INDEX "audit_log_by_action" ON "audit_log" USING btree ("action","id");--> statement-breakpoint
CREATE INDEX "audit_log_by_object" ON "audit_log" USING btree ("object","id");--> statement-breakpoint
CREATE INDEX "method_floods_by_method" ON "method_floods" USING btree ("method","until");--> statement-breakpoint
CREATE INDEX "session_tags_by_tag" ON "session_tags" USING btree ("tag","session_id");
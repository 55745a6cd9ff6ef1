CREATE TABLE `roles` (
	`name` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`permissions` json NOT NULL,
	CONSTRAINT `roles_name` PRIMARY KEY(`name`)
);
--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`user_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`user_agent` varchar(200) NOT NULL DEFAULT '',
	`address` varchar(64) NOT NULL DEFAULT '',
	`created_at` datetime(3) NOT NULL,
	`seen_at` datetime(3) NOT NULL,
	`expires_at` datetime(3) NOT NULL,
	`ended_at` datetime(3),
	CONSTRAINT `sessions_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `settings` (
	`key` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`value` json NOT NULL,
	`updated_at` datetime(3) NOT NULL,
	CONSTRAINT `settings_key` PRIMARY KEY(`key`)
);
--> statement-breakpoint
CREATE TABLE `sign_in_failures` (
	`key` varchar(80) character set ascii collate ascii_bin NOT NULL,
	`count` int NOT NULL,
	`blocked_until` datetime(3),
	`updated_at` datetime(3) NOT NULL,
	CONSTRAINT `sign_in_failures_key` PRIMARY KEY(`key`)
);
--> statement-breakpoint
CREATE TABLE `user_roles` (
	`user_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`role` varchar(24) character set ascii collate ascii_bin NOT NULL,
	CONSTRAINT `user_roles_user_id_role_pk` PRIMARY KEY(`user_id`,`role`)
);
--> statement-breakpoint
CREATE TABLE `users` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`username` varchar(64) NOT NULL,
	`name` varchar(100) NOT NULL,
	`number` varchar(64),
	`email` varchar(200),
	`password_hash` varchar(200),
	`must_change_password` boolean NOT NULL DEFAULT false,
	`password_expires_at` datetime(3),
	`status` varchar(24) character set ascii collate ascii_bin NOT NULL DEFAULT 'active',
	`locale` varchar(10) character set ascii collate ascii_bin NOT NULL DEFAULT 'zh-CN',
	`demo` boolean NOT NULL DEFAULT false,
	`created_at` datetime(3) NOT NULL,
	`updated_at` datetime(3) NOT NULL,
	CONSTRAINT `users_id` PRIMARY KEY(`id`),
	CONSTRAINT `users_username` UNIQUE(`username`)
);
--> statement-breakpoint
CREATE TABLE `audit_log` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`at` datetime(3) NOT NULL,
	`actor` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`action` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`target_type` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`target_id` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`before` json,
	`after` json,
	`request_id` varchar(64) character set ascii collate ascii_bin NOT NULL,
	CONSTRAINT `audit_log_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `changes` (
	`id` bigint AUTO_INCREMENT NOT NULL,
	`topic` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`kind` varchar(40) NOT NULL,
	`data` json NOT NULL,
	`at` datetime(3) NOT NULL,
	CONSTRAINT `changes_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `outbox` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(80) character set ascii collate ascii_bin NOT NULL,
	`data` json NOT NULL,
	`created_at` datetime(3) NOT NULL,
	`sent_at` datetime(3),
	CONSTRAINT `outbox_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `classes` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(120) NOT NULL,
	`created_by` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL,
	`updated_at` datetime(3) NOT NULL,
	`archived_at` datetime(3),
	CONSTRAINT `classes_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `course_classes` (
	`course_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`class_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	CONSTRAINT `course_classes_course_id_class_id_pk` PRIMARY KEY(`course_id`,`class_id`),
	CONSTRAINT `course_classes_class` UNIQUE(`class_id`,`course_id`)
);
--> statement-breakpoint
CREATE TABLE `course_members` (
	`course_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`user_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`role` varchar(24) character set ascii collate ascii_bin NOT NULL,
	CONSTRAINT `course_members_course_id_user_id_pk` PRIMARY KEY(`course_id`,`user_id`)
);
--> statement-breakpoint
CREATE TABLE `courses` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(120) NOT NULL,
	`code` varchar(40) NOT NULL DEFAULT '',
	`term` varchar(40) NOT NULL DEFAULT '',
	`description` text NOT NULL,
	`created_by` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL,
	`updated_at` datetime(3) NOT NULL,
	`archived_at` datetime(3),
	CONSTRAINT `courses_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `enrolments` (
	`class_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`user_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL,
	CONSTRAINT `enrolments_class_id_user_id_pk` PRIMARY KEY(`class_id`,`user_id`)
);
--> statement-breakpoint
CREATE TABLE `executor_attempts` (
	`id` bigint AUTO_INCREMENT NOT NULL,
	`run_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`step_id` varchar(40) character set ascii collate ascii_bin NOT NULL,
	`attempt` int NOT NULL,
	`error` longtext NOT NULL,
	`at` datetime(3) NOT NULL,
	CONSTRAINT `executor_attempts_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `executor_crons` (
	`function_id` varchar(160) character set ascii collate ascii_bin NOT NULL,
	`cron` varchar(120) character set ascii collate ascii_bin NOT NULL,
	`next_at` datetime(3) NOT NULL,
	CONSTRAINT `executor_crons_function_id_cron_pk` PRIMARY KEY(`function_id`,`cron`)
);
--> statement-breakpoint
CREATE TABLE `executor_events` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(120) character set ascii collate ascii_bin NOT NULL,
	`data` longtext NOT NULL,
	`ts` bigint NOT NULL,
	`created_at` datetime(3) NOT NULL,
	CONSTRAINT `executor_events_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `executor_jobs` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`run_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`step_id` varchar(40) character set ascii collate ascii_bin NOT NULL,
	`function_id` varchar(160) character set ascii collate ascii_bin NOT NULL,
	`attempt` int NOT NULL DEFAULT 0,
	`due_at` datetime(3) NOT NULL,
	`lease_owner` varchar(120) character set ascii collate ascii_bin,
	`fence` int NOT NULL DEFAULT 0,
	`starts` int NOT NULL DEFAULT 0,
	`wanted` int NOT NULL DEFAULT 0,
	`key1` varchar(64) character set ascii collate ascii_bin,
	`key2` varchar(64) character set ascii collate ascii_bin,
	`created_at` datetime(3) NOT NULL,
	CONSTRAINT `executor_jobs_id` PRIMARY KEY(`id`),
	CONSTRAINT `executor_jobs_step` UNIQUE(`run_id`,`step_id`)
);
--> statement-breakpoint
CREATE TABLE `executor_locks` (
	`name` varchar(24) character set ascii collate ascii_bin NOT NULL,
	CONSTRAINT `executor_locks_name` PRIMARY KEY(`name`)
);
--> statement-breakpoint
CREATE TABLE `executor_runs` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`function_id` varchar(160) character set ascii collate ascii_bin NOT NULL,
	`event_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`state` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`idempotency_key` varchar(64) character set ascii collate ascii_bin,
	`singleton_key` varchar(64) character set ascii collate ascii_bin,
	`parent_run_id` varchar(26) character set ascii collate ascii_bin,
	`parent_step_id` varchar(40) character set ascii collate ascii_bin,
	`key1` varchar(64) character set ascii collate ascii_bin,
	`key2` varchar(64) character set ascii collate ascii_bin,
	`output` longtext,
	`created_at` datetime(3) NOT NULL,
	`started_at` datetime(3),
	`ended_at` datetime(3),
	CONSTRAINT `executor_runs_id` PRIMARY KEY(`id`),
	CONSTRAINT `executor_runs_idempotency` UNIQUE(`idempotency_key`),
	CONSTRAINT `executor_runs_singleton` UNIQUE(`singleton_key`)
);
--> statement-breakpoint
CREATE TABLE `executor_steps` (
	`run_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`step_id` varchar(40) character set ascii collate ascii_bin NOT NULL,
	`seq` int,
	`op` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(200) NOT NULL,
	`state` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`memo` longtext,
	`attempts` int NOT NULL DEFAULT 0,
	`created_at` datetime(3) NOT NULL,
	`ended_at` datetime(3),
	CONSTRAINT `executor_steps_run_id_step_id_pk` PRIMARY KEY(`run_id`,`step_id`)
);
--> statement-breakpoint
CREATE TABLE `executor_waits` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`run_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`step_id` varchar(40) character set ascii collate ascii_bin NOT NULL,
	`kind` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`event_name` varchar(120) character set ascii collate ascii_bin,
	`path` varchar(120) character set ascii collate ascii_bin NOT NULL DEFAULT '',
	`value` varchar(40) character set ascii collate ascii_bin NOT NULL DEFAULT '',
	`condition` longtext,
	`expires_at` datetime(3),
	CONSTRAINT `executor_waits_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `executor_workers` (
	`owner` varchar(120) character set ascii collate ascii_bin NOT NULL,
	`started_at` datetime(3) NOT NULL,
	`seen_at` datetime(3) NOT NULL,
	`running` int NOT NULL DEFAULT 0,
	CONSTRAINT `executor_workers_owner` PRIMARY KEY(`owner`)
);
--> statement-breakpoint
CREATE TABLE `assignments` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`experiment_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`target_type` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`target_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`opens_at` datetime(3),
	`closes_at` datetime(3),
	CONSTRAINT `assignments_id` PRIMARY KEY(`id`),
	CONSTRAINT `assignments_target` UNIQUE(`experiment_id`,`target_type`,`target_id`)
);
--> statement-breakpoint
CREATE TABLE `attachments` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`experiment_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(200) NOT NULL,
	`sha256` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`size` bigint NOT NULL,
	`created_by` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL,
	CONSTRAINT `attachments_id` PRIMARY KEY(`id`),
	CONSTRAINT `attachments_name` UNIQUE(`experiment_id`,`name`)
);
--> statement-breakpoint
CREATE TABLE `experiments` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`course_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`title` varchar(160) NOT NULL,
	`description` mediumtext NOT NULL,
	`status` varchar(24) character set ascii collate ascii_bin NOT NULL DEFAULT 'draft',
	`opens_at` datetime(3),
	`closes_at` datetime(3),
	`weight` int NOT NULL DEFAULT 1,
	`created_by` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL,
	`updated_at` datetime(3) NOT NULL,
	`archived_at` datetime(3),
	CONSTRAINT `experiments_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `files` (
	`sha256` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`size` bigint NOT NULL,
	`created_at` datetime(3) NOT NULL,
	CONSTRAINT `files_sha256` PRIMARY KEY(`sha256`)
);
--> statement-breakpoint
CREATE TABLE `tasks` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`experiment_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`position` int NOT NULL,
	`type` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`title` varchar(160) NOT NULL,
	`template_id` varchar(26) character set ascii collate ascii_bin,
	`duration_minutes` int,
	`max_attempts` int,
	`self_extensions` int NOT NULL DEFAULT 1,
	`self_extension_minutes` int NOT NULL DEFAULT 15,
	CONSTRAINT `tasks_id` PRIMARY KEY(`id`),
	CONSTRAINT `tasks_position` UNIQUE(`experiment_id`,`position`)
);
--> statement-breakpoint
CREATE TABLE `template_versions` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`template_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`number` int NOT NULL,
	`spec` json NOT NULL,
	`created_by` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL,
	CONSTRAINT `template_versions_id` PRIMARY KEY(`id`),
	CONSTRAINT `template_versions_number` UNIQUE(`template_id`,`number`)
);
--> statement-breakpoint
CREATE TABLE `templates` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(120) NOT NULL,
	`description` text NOT NULL,
	`current_version_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`created_by` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`visibility` varchar(24) character set ascii collate ascii_bin NOT NULL DEFAULT 'shared',
	`created_at` datetime(3) NOT NULL,
	`updated_at` datetime(3) NOT NULL,
	`archived_at` datetime(3),
	CONSTRAINT `templates_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `attempts` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`task_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`user_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`number` int NOT NULL,
	`template_version_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`state` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`live` varchar(52) character set ascii collate ascii_bin GENERATED ALWAYS AS ((case when `state` = 'open' then concat(`user_id`, `task_id`) end)) STORED,
	`started_at` datetime(3),
	`deadline_at` datetime(3),
	`extension_minutes` int NOT NULL DEFAULT 0,
	`self_extensions_used` int NOT NULL DEFAULT 0,
	`closes_at` datetime(3),
	`ended_at` datetime(3),
	`end_reason` varchar(24) character set ascii collate ascii_bin,
	`created_at` datetime(3) NOT NULL,
	CONSTRAINT `attempts_id` PRIMARY KEY(`id`),
	CONSTRAINT `attempts_live` UNIQUE(`live`)
);
--> statement-breakpoint
CREATE TABLE `collected_files` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`collection_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`path` varchar(1024) NOT NULL,
	`size` bigint NOT NULL,
	`sha256` varchar(64) character set ascii collate ascii_bin,
	`skipped` varchar(24) character set ascii collate ascii_bin,
	`executable` boolean NOT NULL DEFAULT false,
	CONSTRAINT `collected_files_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `collections` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`attempt_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`home_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`state` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`files` int NOT NULL DEFAULT 0,
	`skipped` int NOT NULL DEFAULT 0,
	`bytes` bigint NOT NULL DEFAULT 0,
	`cause` varchar(40) character set ascii collate ascii_bin,
	`tries` int NOT NULL DEFAULT 0,
	`created_at` datetime(3) NOT NULL,
	`started_at` datetime(3),
	`finished_at` datetime(3),
	CONSTRAINT `collections_id` PRIMARY KEY(`id`),
	CONSTRAINT `collections_attempt` UNIQUE(`attempt_id`)
);
--> statement-breakpoint
CREATE TABLE `grants` (
	`hash` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`user_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`session_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`workspace_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`mode` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL,
	`revoked_at` datetime(3),
	CONSTRAINT `grants_hash` PRIMARY KEY(`hash`)
);
--> statement-breakpoint
CREATE TABLE `homes` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`task_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`user_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`host_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`size_mb` int NOT NULL,
	`fence` int NOT NULL DEFAULT 0,
	`mounted_by` varchar(26) character set ascii collate ascii_bin,
	`created_at` datetime(3) NOT NULL,
	`used_at` datetime(3) NOT NULL,
	CONSTRAINT `homes_id` PRIMARY KEY(`id`),
	CONSTRAINT `homes_owner` UNIQUE(`user_id`,`task_id`)
);
--> statement-breakpoint
CREATE TABLE `hosts` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(80) NOT NULL,
	`endpoint` varchar(200) NOT NULL,
	`status` varchar(24) character set ascii collate ascii_bin NOT NULL DEFAULT 'enabled',
	`health` varchar(24) character set ascii collate ascii_bin NOT NULL DEFAULT 'ok',
	`unreachable_since` datetime(3),
	`cpus` int NOT NULL,
	`memory_mb` int NOT NULL,
	`memory_reserved_mb` int NOT NULL DEFAULT 0,
	`disk_mb` int NOT NULL,
	`disk_reserved_mb` int NOT NULL DEFAULT 0,
	`load_centi` int NOT NULL DEFAULT 0,
	`memory_free_mb` int NOT NULL DEFAULT 0,
	`disk_free_mb` int NOT NULL DEFAULT 0,
	`seen_at` datetime(3),
	`created_at` datetime(3) NOT NULL,
	CONSTRAINT `hosts_id` PRIMARY KEY(`id`),
	CONSTRAINT `hosts_name` UNIQUE(`name`)
);
--> statement-breakpoint
CREATE TABLE `tickets` (
	`hash` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`user_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`session_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`workspace_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`mode` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`expires_at` datetime(3) NOT NULL,
	`used_at` datetime(3),
	CONSTRAINT `tickets_hash` PRIMARY KEY(`hash`)
);
--> statement-breakpoint
CREATE TABLE `workspace_events` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`workspace_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`from_state` varchar(24) character set ascii collate ascii_bin,
	`to_state` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`actor` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`reason` varchar(80) character set ascii collate ascii_bin NOT NULL,
	`at` datetime(3) NOT NULL,
	CONSTRAINT `workspace_events_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `workspaces` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`purpose` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`attempt_id` varchar(26) character set ascii collate ascii_bin,
	`user_id` varchar(26) character set ascii collate ascii_bin,
	`home_id` varchar(26) character set ascii collate ascii_bin,
	`host_id` varchar(26) character set ascii collate ascii_bin,
	`template_version_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`label` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`desired` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`state` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`live` varchar(26) character set ascii collate ascii_bin GENERATED ALWAYS AS ((case when `state` not in ('stopped', 'failed') then `attempt_id` end)) STORED,
	`step` varchar(24) character set ascii collate ascii_bin,
	`step_at` datetime(3),
	`health` varchar(24) character set ascii collate ascii_bin NOT NULL DEFAULT 'ok',
	`unreachable_since` datetime(3),
	`cause` varchar(40) character set ascii collate ascii_bin,
	`cause_detail` text,
	`stop_reason` varchar(24) character set ascii collate ascii_bin,
	`restart` boolean NOT NULL DEFAULT false,
	`external_id` varchar(128) character set ascii collate ascii_bin,
	`address` varchar(64) character set ascii collate ascii_bin,
	`secret` text,
	`memory_mb` int NOT NULL,
	`requested_at` datetime(3) NOT NULL,
	`state_at` datetime(3) NOT NULL,
	`ready_at` datetime(3),
	`active_at` datetime(3),
	`ended_at` datetime(3),
	CONSTRAINT `workspaces_id` PRIMARY KEY(`id`),
	CONSTRAINT `workspaces_live` UNIQUE(`live`),
	CONSTRAINT `workspaces_label` UNIQUE(`label`)
);
--> statement-breakpoint
CREATE INDEX `sessions_user` ON `sessions` (`user_id`);--> statement-breakpoint
CREATE INDEX `users_number` ON `users` (`number`);--> statement-breakpoint
CREATE INDEX `audit_target` ON `audit_log` (`target_type`,`target_id`);--> statement-breakpoint
CREATE INDEX `audit_at` ON `audit_log` (`at`);--> statement-breakpoint
CREATE INDEX `changes_at` ON `changes` (`at`);--> statement-breakpoint
CREATE INDEX `outbox_unsent` ON `outbox` (`sent_at`,`id`);--> statement-breakpoint
CREATE INDEX `course_members_user` ON `course_members` (`user_id`);--> statement-breakpoint
CREATE INDEX `enrolments_user` ON `enrolments` (`user_id`);--> statement-breakpoint
CREATE INDEX `executor_attempts_run` ON `executor_attempts` (`run_id`);--> statement-breakpoint
CREATE INDEX `executor_crons_next` ON `executor_crons` (`next_at`);--> statement-breakpoint
CREATE INDEX `executor_events_created` ON `executor_events` (`created_at`);--> statement-breakpoint
CREATE INDEX `executor_jobs_due` ON `executor_jobs` (`due_at`);--> statement-breakpoint
CREATE INDEX `executor_jobs_owner` ON `executor_jobs` (`lease_owner`);--> statement-breakpoint
CREATE INDEX `executor_jobs_key1` ON `executor_jobs` (`key1`,`lease_owner`);--> statement-breakpoint
CREATE INDEX `executor_jobs_key2` ON `executor_jobs` (`key2`,`lease_owner`);--> statement-breakpoint
CREATE INDEX `executor_runs_state` ON `executor_runs` (`state`,`id`);--> statement-breakpoint
CREATE INDEX `executor_runs_function` ON `executor_runs` (`function_id`,`id`);--> statement-breakpoint
CREATE INDEX `executor_runs_ended` ON `executor_runs` (`ended_at`);--> statement-breakpoint
CREATE INDEX `executor_runs_event` ON `executor_runs` (`event_id`);--> statement-breakpoint
CREATE INDEX `executor_waits_run` ON `executor_waits` (`run_id`);--> statement-breakpoint
CREATE INDEX `executor_waits_event` ON `executor_waits` (`event_name`,`path`,`value`);--> statement-breakpoint
CREATE INDEX `executor_waits_expiry` ON `executor_waits` (`expires_at`);--> statement-breakpoint
CREATE INDEX `assignments_by_target` ON `assignments` (`target_type`,`target_id`);--> statement-breakpoint
CREATE INDEX `experiments_course` ON `experiments` (`course_id`);--> statement-breakpoint
CREATE INDEX `attempts_task` ON `attempts` (`task_id`,`user_id`);--> statement-breakpoint
CREATE INDEX `attempts_user` ON `attempts` (`user_id`);--> statement-breakpoint
CREATE INDEX `attempts_due` ON `attempts` (`state`,`deadline_at`);--> statement-breakpoint
CREATE INDEX `collected_files_of` ON `collected_files` (`collection_id`);--> statement-breakpoint
CREATE INDEX `grants_workspace` ON `grants` (`workspace_id`);--> statement-breakpoint
CREATE INDEX `grants_session` ON `grants` (`session_id`);--> statement-breakpoint
CREATE INDEX `homes_host` ON `homes` (`host_id`);--> statement-breakpoint
CREATE INDEX `tickets_expiry` ON `tickets` (`expires_at`);--> statement-breakpoint
CREATE INDEX `workspace_events_of` ON `workspace_events` (`workspace_id`);--> statement-breakpoint
CREATE INDEX `workspaces_attempt` ON `workspaces` (`attempt_id`);--> statement-breakpoint
CREATE INDEX `workspaces_state` ON `workspaces` (`state`);--> statement-breakpoint
CREATE INDEX `workspaces_user` ON `workspaces` (`user_id`);
CREATE TABLE `recording_consents` (
	`experiment_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`user_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`agreed_at` datetime(3) NOT NULL,
	CONSTRAINT `recording_consents_experiment_id_user_id_pk` PRIMARY KEY(`experiment_id`,`user_id`)
);
--> statement-breakpoint
CREATE TABLE `recordings` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`workspace_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`attempt_id` varchar(26) character set ascii collate ascii_bin,
	`user_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`kind` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`state` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`started_at` datetime(3) NOT NULL,
	`beat_at` datetime(3) NOT NULL,
	`ended_at` datetime(3),
	`duration_ms` int NOT NULL DEFAULT 0,
	`bytes` bigint NOT NULL DEFAULT 0,
	`sha256` varchar(64) character set ascii collate ascii_bin,
	`expires_at` datetime(3),
	CONSTRAINT `recordings_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `watches` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`workspace_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`watcher_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`state` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`started_at` datetime(3) NOT NULL,
	`seen_at` datetime(3) NOT NULL,
	`state_at` datetime(3) NOT NULL,
	`ended_at` datetime(3),
	CONSTRAINT `watches_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
ALTER TABLE `experiments` ADD `recording` boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `grants` ADD `kind` varchar(24) character set ascii collate ascii_bin DEFAULT 'web' NOT NULL;--> statement-breakpoint
ALTER TABLE `tickets` ADD `kind` varchar(24) character set ascii collate ascii_bin DEFAULT 'web' NOT NULL;--> statement-breakpoint
CREATE INDEX `recordings_workspace` ON `recordings` (`workspace_id`);--> statement-breakpoint
CREATE INDEX `recordings_attempt` ON `recordings` (`attempt_id`);--> statement-breakpoint
CREATE INDEX `recordings_state` ON `recordings` (`state`,`expires_at`);--> statement-breakpoint
CREATE INDEX `watches_workspace` ON `watches` (`workspace_id`,`state`);--> statement-breakpoint
CREATE INDEX `watches_watcher` ON `watches` (`watcher_id`,`state`);
CREATE TABLE `budgets` (
	`course_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`amount` bigint NOT NULL,
	`warn_percent` int NOT NULL DEFAULT 80,
	`warned_at` datetime(3),
	`override_until` datetime(3),
	`override_by` varchar(26) character set ascii collate ascii_bin,
	`updated_by` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`updated_at` datetime(3) NOT NULL,
	CONSTRAINT `budgets_course_id` PRIMARY KEY(`course_id`)
);
--> statement-breakpoint
CREATE TABLE `charges` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`resource_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`workspace_id` varchar(26) character set ascii collate ascii_bin,
	`attempt_id` varchar(26) character set ascii collate ascii_bin,
	`user_id` varchar(26) character set ascii collate ascii_bin,
	`class_id` varchar(26) character set ascii collate ascii_bin,
	`course_id` varchar(26) character set ascii collate ascii_bin,
	`kind` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`price` bigint NOT NULL,
	`from_at` datetime(3) NOT NULL,
	`until_at` datetime(3),
	`amount` bigint,
	CONSTRAINT `charges_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `cloud_accounts` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(80) NOT NULL,
	`access_key_id` varchar(128) NOT NULL,
	`access_key_secret` text NOT NULL,
	`endpoint` varchar(200),
	`status` varchar(24) character set ascii collate ascii_bin NOT NULL DEFAULT 'enabled',
	`frozen_cause` varchar(80) character set ascii collate ascii_bin,
	`checked` json,
	`checked_at` datetime(3),
	`created_by` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL,
	CONSTRAINT `cloud_accounts_id` PRIMARY KEY(`id`),
	CONSTRAINT `cloud_accounts_name` UNIQUE(`name`)
);
--> statement-breakpoint
CREATE TABLE `cloud_findings` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`host_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`kind` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`external_id` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`resource_id` varchar(26) character set ascii collate ascii_bin,
	`finding` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`action` varchar(24) character set ascii collate ascii_bin,
	`detail` text,
	`found_at` datetime(3) NOT NULL,
	`settled_at` datetime(3),
	CONSTRAINT `cloud_findings_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `cloud_resources` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`kind` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`account_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`host_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`region_id` varchar(40) character set ascii collate ascii_bin NOT NULL,
	`zone_id` varchar(40) character set ascii collate ascii_bin,
	`workspace_id` varchar(26) character set ascii collate ascii_bin,
	`state` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`desired` varchar(24) character set ascii collate ascii_bin NOT NULL DEFAULT 'present',
	`kept_for` varchar(24) character set ascii collate ascii_bin,
	`client_token` varchar(64) character set ascii collate ascii_bin,
	`request` text,
	`external_id` varchar(64) character set ascii collate ascii_bin,
	`offer` int NOT NULL DEFAULT 0,
	`passed_over` json,
	`instance_type` varchar(64) character set ascii collate ascii_bin,
	`spot` boolean NOT NULL DEFAULT false,
	`size_gb` int,
	`running_price` bigint NOT NULL DEFAULT 0,
	`resting_price` bigint NOT NULL DEFAULT 0,
	`address` varchar(64) character set ascii collate ascii_bin,
	`password` text,
	`host_key` varchar(200),
	`guard_at` datetime(3),
	`reclaim_at` datetime(3),
	`error_code` varchar(80) character set ascii collate ascii_bin,
	`errors` int NOT NULL DEFAULT 0,
	`retry_at` datetime(3),
	`created_at` datetime(3) NOT NULL,
	`accepted_at` datetime(3),
	`seen_at` datetime(3),
	`missing_since` datetime(3),
	`state_at` datetime(3) NOT NULL,
	`gone_at` datetime(3),
	CONSTRAINT `cloud_resources_id` PRIMARY KEY(`id`),
	CONSTRAINT `cloud_resources_token` UNIQUE(`client_token`)
);
--> statement-breakpoint
ALTER TABLE `hosts` ADD `driver` varchar(24) character set ascii collate ascii_bin DEFAULT 'docker' NOT NULL;--> statement-breakpoint
CREATE INDEX `charges_resource` ON `charges` (`resource_id`);--> statement-breakpoint
CREATE INDEX `charges_course` ON `charges` (`course_id`,`from_at`);--> statement-breakpoint
CREATE INDEX `charges_attempt` ON `charges` (`attempt_id`);--> statement-breakpoint
CREATE INDEX `charges_open` ON `charges` (`until_at`);--> statement-breakpoint
CREATE INDEX `cloud_findings_host` ON `cloud_findings` (`host_id`,`found_at`);--> statement-breakpoint
CREATE INDEX `cloud_resources_external` ON `cloud_resources` (`external_id`);--> statement-breakpoint
CREATE INDEX `cloud_resources_workspace` ON `cloud_resources` (`workspace_id`);--> statement-breakpoint
CREATE INDEX `cloud_resources_state` ON `cloud_resources` (`host_id`,`state`);
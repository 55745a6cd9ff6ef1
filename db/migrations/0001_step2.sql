CREATE TABLE `warm_plans` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`template_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`count` int NOT NULL,
	`from_at` datetime(3),
	`until_at` datetime(3),
	`created_by` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL,
	CONSTRAINT `warm_plans_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
ALTER TABLE `collections` DROP INDEX `collections_attempt`;--> statement-breakpoint
ALTER TABLE `tasks` ADD `collect_rules` json;--> statement-breakpoint
ALTER TABLE `tasks` ADD `idle_minutes` int;--> statement-breakpoint
ALTER TABLE `attempts` ADD `warned_minutes` int;--> statement-breakpoint
ALTER TABLE `collected_files` ADD `change` varchar(24) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `collections` ADD `reason` varchar(24) character set ascii collate ascii_bin DEFAULT 'end' NOT NULL;--> statement-breakpoint
ALTER TABLE `collections` ADD `final` varchar(26) character set ascii collate ascii_bin GENERATED ALWAYS AS ((case when `reason` = 'end' then `attempt_id` end)) STORED;--> statement-breakpoint
ALTER TABLE `homes` ADD `reset_wanted` boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `homes` ADD `fill_from` varchar(26) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `class_id` varchar(26) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `locale` varchar(8) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `idle_warned_at` datetime(3);--> statement-breakpoint
ALTER TABLE `collections` ADD CONSTRAINT `collections_final` UNIQUE(`final`);--> statement-breakpoint
CREATE INDEX `warm_plans_template` ON `warm_plans` (`template_id`);--> statement-breakpoint
CREATE INDEX `collections_attempt` ON `collections` (`attempt_id`);--> statement-breakpoint
CREATE INDEX `collections_home` ON `collections` (`home_id`,`state`);
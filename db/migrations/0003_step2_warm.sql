ALTER TABLE `warm_plans` ADD `refill` boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `warm_plan_id` varchar(26) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `claimed_at` datetime(3);--> statement-breakpoint
CREATE INDEX `workspaces_warm_plan` ON `workspaces` (`warm_plan_id`);
ALTER TABLE `workspaces` ADD `queue_position` int;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `queue_until` datetime(3);
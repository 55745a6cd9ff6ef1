CREATE TABLE `executor_debounces` (
	`id` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`function_id` varchar(160) character set ascii collate ascii_bin NOT NULL,
	`event_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`due_at` datetime(3) NOT NULL,
	`latest_at` datetime(3),
	CONSTRAINT `executor_debounces_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE INDEX `executor_debounces_due` ON `executor_debounces` (`due_at`);
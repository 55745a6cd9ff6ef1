DROP INDEX `executor_runs_ended` ON `executor_runs`;--> statement-breakpoint
ALTER TABLE `executor_runs` ADD `subject1` varchar(26) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `executor_runs` ADD `subject2` varchar(26) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `executor_runs` ADD `retry_of` varchar(26) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `executor_runs` ADD `retried_as` varchar(26) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `executor_steps` ADD `took_ms` int;--> statement-breakpoint
CREATE INDEX `executor_runs_subject1` ON `executor_runs` (`subject1`,`id`);--> statement-breakpoint
CREATE INDEX `executor_runs_subject2` ON `executor_runs` (`subject2`,`id`);--> statement-breakpoint
CREATE INDEX `executor_runs_ended` ON `executor_runs` (`ended_at`,`state`,`created_at`,`started_at`,`function_id`);
CREATE TABLE `cloud_sweeps` (
	`id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`host_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`asked_by` varchar(26) character set ascii collate ascii_bin,
	`started_at` datetime(3) NOT NULL,
	`took_ms` int NOT NULL,
	`compared` json NOT NULL,
	`orphans` int NOT NULL,
	`lost` int NOT NULL,
	`mended` int NOT NULL,
	`pending` int NOT NULL,
	`spared` int NOT NULL,
	`failed` int NOT NULL,
	`error` varchar(80) character set ascii collate ascii_bin,
	CONSTRAINT `cloud_sweeps_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE INDEX `cloud_sweeps_host` ON `cloud_sweeps` (`host_id`,`started_at`);
CREATE TABLE `price_quotes` (
	`template_version_id` varchar(26) character set ascii collate ascii_bin NOT NULL,
	`price` bigint NOT NULL,
	`quoted_at` datetime(3) NOT NULL,
	CONSTRAINT `price_quotes_template_version_id` PRIMARY KEY(`template_version_id`)
);
--> statement-breakpoint
ALTER TABLE `budgets` ADD `override_reason` varchar(200);--> statement-breakpoint
ALTER TABLE `cloud_resources` DROP COLUMN `password`;
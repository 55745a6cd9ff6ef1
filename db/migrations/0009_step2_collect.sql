ALTER TABLE `collected_files` ADD `count` int;--> statement-breakpoint
ALTER TABLE `collections` ADD `beat_at` datetime(3);
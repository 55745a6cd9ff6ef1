ALTER TABLE `homes` ADD `baseline` varchar(26) character set ascii collate ascii_bin;--> statement-breakpoint
UPDATE `homes` SET `baseline` = (SELECT MAX(`id`) FROM `collections` WHERE `collections`.`home_id` = `homes`.`id` AND `state` = 'done');

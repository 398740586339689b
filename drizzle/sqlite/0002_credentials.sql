ALTER TABLE `sessions` ADD `credentials` text;

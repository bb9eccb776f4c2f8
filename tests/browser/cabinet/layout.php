<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

/*
 * The cabinet's frame with the ids and classes that Core's scripts and modules hold on to.
 *
 * @var string $language
 * @var bool $isEnabled
 * @var string $logo
 * @var string $content
 * @var list<string> $styles
 * @var list<string> $scriptsBefore
 * @var array<string, string> $scriptsAfter types by paths
 * @var Closure(string): string $say
 */

$name = Modules\ModuleGeoIP\Lib\Pbx\Module::ID;
[$checked, $state] = $isEnabled ? [' checked', 'Enabled'] : ['', 'Disabled'];
$attribute = static fn (string $text): string => htmlspecialchars($text, ENT_QUOTES);
?>
<!DOCTYPE html>
<html lang="<?= $attribute($language) ?>">
<head>
    <meta charset="utf-8">
    <title>MikoPBX|<?= $say("Breadcrumb$name") ?></title>
    <meta name="viewport" content="width=device-width, initial-scale=1.0">
<?php foreach ($styles as $path) { ?>
    <link rel="stylesheet" href="<?= $attribute($path) ?>">
<?php } ?>
    <script src="/harness/globals.js?language=<?= $attribute($language) ?>"></script>
<?php foreach ($scriptsBefore as $path) { ?>
    <script src="<?= $attribute($path) ?>"></script>
<?php } ?>
</head>
<body>
<div class="ui fixed inverted menu"><span class="item">MikoPBX</span></div>
<div id="main" class="ui main-content-wrapper pusher">
    <div class="full height">
        <div class="toc"><div class="ui vertical menu left inverted sidebar-menu" id="sidebar-menu"></div></div>
        <div class="article">
            <div class="ui container" id="main-content-container">
                <div class="ui hidden divider"></div>
                <div class="ui grid">
                    <div class="ui left floated middle aligned thirteen wide column">
                        <h1 class="ui header">
                            <i class="globe icon"></i>
                            <span class="content">
                                <?= $say("Breadcrumb$name") ?>

                                <span class="sub header"><?= $say("SubHeader$name") ?></span>
                            </span>
                        </h1>
                    </div>
                    <div class="ui right floated middle aligned three wide column">
                        <img class="ui tiny right floated image" src="<?= $attribute($logo) ?>" alt="">
                    </div>
                </div>
                <div class="ui clearing hidden divider"></div>
                <div class="ui basic loading segment" id="content-frame">
                    <div class="ui segment" id="module-status-toggle-segment">
                        <div class="ui toggle checkbox" data-value="<?= $name ?>" id="module-status-toggle">
                            <input type="checkbox" name="module-status" id="module-status"<?= $checked ?>>
                            <label for="module-status"><?= $say("ext_ModuleDisabledStatus$state") ?></label>
                        </div>
                    </div>
                    <div id="ajax-messages"></div>
                    <?= $content ?>

                </div>
            </div>
        </div>
    </div>
</div>
<?php foreach ($scriptsAfter as $path => $type) { ?>
<script src="<?= $attribute($path) ?>" type="<?= $attribute($type) ?>"></script>
<?php } ?>
</body>
</html>

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\AdminCabinet\Providers;

class AssetProvider
{
    public const HEADER_JS = 'headerJS';
    public const HEADER_CSS = 'headerCSS';
    public const SEMANTIC_UI_CSS = 'SemanticUICSS';
    public const SEMANTIC_UI_JS = 'SemanticUIJS';
    public const FOOTER_JS = 'footerJS';
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\Core\Workers\Libs\WorkerModelsEvents\Actions;

class ReloadCrondAction
{
    public function execute(array $parameters = []): void
    {
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace MikoPBX\PBXCoreREST\Lib;

class PBXApiResult
{
    public bool $success = false;
    public array $data = [];
    public array $messages = [];
    public string $processor = '';
    public string $function = '';
    public ?int $httpCode = null;

    public function getResult(): array
    {
        return [
            'result' => $this->success,
            'data' => $this->data,
            'messages' => $this->messages,
            'function' => $this->function,
            'processor' => $this->processor,
            'httpCode' => $this->httpCode,
        ];
    }
}

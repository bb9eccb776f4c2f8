<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Addresses\Actions;

use Modules\ModuleGeoIP\Lib\Basics\Fields;
use Modules\ModuleGeoIP\Lib\Helper\ErrorText;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Peers\Question;
use Modules\ModuleGeoIP\Lib\Peers\Way;
use Modules\ModuleGeoIP\Lib\Peers\Ways;
use Modules\ModuleGeoIP\Lib\RestAPI\Action;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Settings\InvalidInput;
use Modules\ModuleGeoIP\Lib\Settings\PolicyStore;

/**
 * The country of an address by each source, its fate under the saved policy, the entry that decides it, and which ways
 * into the PBX are open to it.
 */
final class ExplainAction implements Action
{
    private const FIELD = 'address';

    private const MAX_ADDRESSES = 50;

    public function run(RestRequest $request): array
    {
        $addresses = $request->addresses(self::FIELD, self::MAX_ADDRESSES);
        if ($addresses === []) {
            throw new InvalidInput(self::FIELD, 'missing');
        }
        $policy = (new PolicyStore())->policy();
        $ways = Ways::common($request->viewer, $policy);
        $asked = [];
        foreach ($addresses as $address) {
            array_push($asked, $address, ...array_map(static fn (Way $way): array => $way->from($address), $ways));
        }
        try {
            $reply = Helper::installed()->run('explain', Question::about($asked, $policy));
        } catch (HelperError $error) {
            throw InvalidInput::ofRefusal($error, self::FIELD);
        }
        // The helper answers in the order it was asked: an address, then the ways from there.
        $explained = array_map(
            static fn (array $answers): array => self::explained($answers, $ways),
            array_chunk($reply->data->objects('addresses'), 1 + count($ways))
        );

        return [
            'warnings' => ErrorText::ofWarnings($reply->warnings),
            'addresses' => $explained,
        ] + $reply->data->all();
    }

    /**
     * @param list<Fields> $answers on an address, and on each way from there
     * @param list<Way> $ways
     * @return array<array-key, mixed>
     */
    private static function explained(array $answers, array $ways): array
    {
        $ofAddress = array_shift($answers) ?? new Fields([]);
        $ofWays = [];
        foreach ($ways as $index => $way) {
            $answer = $answers[$index] ?? new Fields([]);
            if ($way->isAnsweredBy($answer)) {
                $ofWays[] = [
                    'purpose' => $way->purpose,
                    'port' => (string)$way,
                    'passage' => $answer->has('passage') ? $answer->object('passage')->all() : null,
                ];
            }
        }

        return $ofAddress->all() + ['ways' => $ofWays];
    }
}

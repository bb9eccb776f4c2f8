<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy;

use MikoPBX\Common\Providers\TranslationProvider;
use Modules\ModuleGeoIP\Lib\Helper\ErrorText;
use Modules\ModuleGeoIP\Lib\Helper\Helper;
use Modules\ModuleGeoIP\Lib\Helper\HelperError;
use Modules\ModuleGeoIP\Lib\Log;
use Modules\ModuleGeoIP\Lib\RestAPI\Conflict;
use Modules\ModuleGeoIP\Lib\RestAPI\RestRequest;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use Modules\ModuleGeoIP\Lib\Settings\PolicyReader;
use Modules\ModuleGeoIP\Lib\Settings\SettingsStore;
use Modules\ModuleGeoIP\Lib\State\DataAtHand;
use Modules\ModuleGeoIP\Lib\State\DesiredState;

/**
 * Takes a policy from the administrator: checked before it is stored, stored before it is put in force.
 */
final class PolicySaver
{
    private Policy $before;

    public function __construct(
        private readonly SettingsStore $settings,
        private readonly Helper $helper,
        private readonly DesiredState $desiredState
    ) {
        $this->before = $settings->policy();
    }

    public static function current(): self
    {
        return new self(new SettingsStore(), Helper::installed(), DesiredState::current());
    }

    /**
     * @param array<array-key, mixed> $fields
     * @param bool $whole whether the fields that are left out take their defaults, or stay as they are
     * @return array<string, mixed>
     */
    public function save(array $fields, bool $whole, RestRequest $request): array
    {
        $revision = $fields['revision'] ?? null;
        unset($fields['revision']);
        $this->check(PolicyReader::read($fields, $whole ? new Policy() : $this->before));
        $new = null;
        $store = function () use ($fields, $whole, $revision, &$new): void {
            // Read again under the lock: two changes of different fields at once must both survive.
            $this->before = $this->settings->policy();
            if ($revision !== null && $revision !== $this->before->revision()) {
                throw new Conflict(TranslationProvider::translate('module_geoip_changed_meanwhile'));
            }
            $new = PolicyReader::read($fields, $whole ? new Policy() : $this->before);
            $this->settings->savePolicy($new);
        };
        try {
            $outcome = $this->desiredState->converge($store);
            $answer = ['state' => $outcome->state, 'warnings' => ErrorText::ofWarnings($outcome->warnings)];
        } catch (HelperError $error) {
            if ($new === null) {
                throw $error;
            }
            if ($error->isRefusal()) {
                $this->settings->savePolicy($this->before);
                throw $error;
            }
            // Saved, but not in force: the next convergence tries again, and the page must say so now.
            Log::warning("the saved policy is not in force yet: {$error->codeWord}: {$error->getMessage()}");
            $problem = ['code' => $error->codeWord, 'text' => ErrorText::ofError($error)];
            $answer = ['state' => 'pending', 'warnings' => [$problem]];
        }
        Log::audit(sprintf(
            'the policy was saved by %s from %s: %s',
            $request->user === '' ? 'an administrator' : $request->user,
            $request->address === '' ? 'the PBX itself' : $request->address,
            $new?->changesSince($this->before) ?? ''
        ));

        return PolicyView::of($this->settings) + $answer;
    }

    /**
     * Has the helper refuse what only it can know to be wrong, such as a country that does not exist.
     */
    private function check(Policy $policy): void
    {
        try {
            $source = (new DataAtHand($this->helper))->sourceFor($policy->source);
            $this->helper->run('preview', $policy->toRequest($source));
        } catch (HelperError $error) {
            if (!$error->isDataMissing()) {
                throw $error;
            }
        }
    }
}

<?php

// SPDX-License-Identifier: GPL-3.0-or-later

declare(strict_types=1);

namespace Modules\ModuleGeoIP\Lib\RestAPI\Policy;

use Modules\ModuleGeoIP\Lib\Pbx\AdminPorts;
use Modules\ModuleGeoIP\Lib\RestAPI\Policy\Actions\ExportAction;
use Modules\ModuleGeoIP\Lib\RestAPI\ResourceStructure;
use Modules\ModuleGeoIP\Lib\Settings\Policy;
use Modules\ModuleGeoIP\Lib\Settings\Preferences;

/**
 * The saved policy, and what the page remembers beside it.
 */
class DataStructure extends ResourceStructure
{
    protected static function parameters(): array
    {
        return [
            ...self::policy(),
            'revision' => self::text('The revision that the change was made from; another one now is a conflict'),
            'confirm' => self::flag('Whether the change goes back unless it is confirmed in time'),
            'statusFilter' => self::statusFilter(),
            'confirmEvery' => self::confirmEvery(),
            'weeklySummary' => self::weeklySummary(),
            'networkSource' => self::networkSource(),
            'addresses' => self::listOf(
                self::text('An IP address; a port behind it is left aside'),
                'What to judge by the policy'
            ),
            'token' => self::text('The name of the change, as the answer to the save has it')
                + ['pattern' => '^[A-Za-z0-9_-]{1,64}$'],
            'scheme' => self::scheme(),
            'phone' => self::text('The name of an extension'),
            'address' => self::text('An address of it, as the status has it; all of them if it is left out'),
            'format' => self::text('Who takes the file', array_keys(ExportAction::FILES)),
            'network' => self::text('How connections come to the PBX', ExportAction::NETWORKS),
            'family' => self::text('The only family in the file', ExportAction::FAMILIES),
            'describe' => self::flag('Whether to answer what there is to know about the file, instead of the file'),
        ];
    }

    protected static function answer(): array
    {
        return [
            ...self::policy(),
            'canMail' => self::flag('Whether the PBX has an address for system notifications'),
            'webModules' => self::listOf(
                self::text('The name of a module'),
                'Modules that are on and are reached through the web interface: who may not administer loses them'
            ),
            'openPorts' => self::object('The ports that a restriction leaves open, by service: calls come by them', [
                AdminPorts::CONSOLES => self::listOf(self::number('A port'), 'Of SSH, AMI and AJAM'),
                AdminPorts::WEB => self::listOf(self::number('A port'), 'Of the web interface'),
            ]),
            'revision' => self::text('The name of exactly this policy'),
            'statusFilter' => self::statusFilter(),
            'confirmEvery' => self::confirmEvery(),
            'weeklySummary' => self::weeklySummary(),
            'networkSource' => self::networkSource(),
            'inForce' => self::flag('After a save: whether it is in force'),
            'problems' => self::listOf(self::remark(), 'After a save: why it is not in force'),
            'warnings' => self::listOf(self::remark(), 'After a save: what else there is to know'),
            'trial' => self::trial('After a save: the change that must be confirmed'),
        ];
    }

    /**
     * @return array<string, array<string, mixed>>
     */
    private static function policy(): array
    {
        return [
            'source' => self::text('Which source says where an address belongs', Policy::SOURCES),
            'mode' => self::text('Whether the countries are dropped, or all others', Policy::MODES),
            'countries' => self::listOf(self::text('A two-letter code'), 'The countries'),
            'exceptions' => self::listOf(
                self::object('Who passes whatever the country: one of a subnet, a host and a phone', [
                    'subnet' => self::text('An address or a CIDR block; left out for others'),
                    'host' => self::text('The name of a public host, whose addresses pass; left out for others'),
                    'phone' => self::text('The name of an extension that is registered; left out for others'),
                    'note' => self::text('Why: one line'),
                    'expires_at' => self::orNull(self::moment('When it ends; null if it does not')),
                ]),
                'The exceptions; a plain subnet stands for one without a note and an end. To be checked they may have a'
                    . ' `text` in place of these, as somebody typed it'
            ),
            'unknown' => self::text('What becomes of addresses that no country holds', Policy::UNKNOWN),
            'action' => self::text(
                'What happens to connections that the policy would drop: that, or they are only counted',
                Policy::ACTIONS
            ),
            'admin' => self::orNull(self::object('Who may administer; null if whoever gets in', [
                'countries' => self::listOf(
                    self::text('A two-letter code'),
                    'From these countries only, beside exceptions and private addresses'
                ),
                'services' => self::listOf(
                    self::text('SSH, AMI and AJAM, or the web interface', AdminPorts::SERVICES),
                    'What can be reached from there only; none restricts nothing'
                ),
            ])),
            'keepPhones' => self::flag('Whether a registered phone keeps its way where its country is blocked'),
            'lists' => self::blockLists(),
            'networks' => self::listOf(self::number('An AS number'), 'Whose addresses are dropped, too'),
        ];
    }

    /**
     * @return array<string, mixed>
     */
    private static function statusFilter(): array
    {
        return self::text('Which countries the page lists', Preferences::FILTERS);
    }

    /**
     * @return array<string, mixed>
     */
    private static function confirmEvery(): array
    {
        return self::flag('Whether every change has to be confirmed, not only the risky ones');
    }

    /**
     * @return array<string, mixed>
     */
    private static function weeklySummary(): array
    {
        return self::flag('Whether the administrator gets an e-mail each week');
    }

    /**
     * @return array<string, mixed>
     */
    private static function networkSource(): array
    {
        return self::text('Whose data tells networks', Preferences::NETWORK_SOURCES);
    }
}

<section class="ui segment" id="geoip-countries" aria-labelledby="geoip-countries-title">
    <h2 class="ui small header" id="geoip-countries-title">{{ t._('module_geoip_countries') }}</h2>
    <fieldset id="geoip-action">
        <legend>{{ t._('module_geoip_action') }}</legend>
        <div class="ui radio checkbox">
            <input type="radio" name="geoip-action" id="geoip-action-drop" value="drop" data-changes>
            <label for="geoip-action-drop">{{ t._('module_geoip_action_drop') }}</label>
        </div>
        <div class="ui radio checkbox">
            <input type="radio" name="geoip-action" id="geoip-action-count" value="count" data-changes>
            <label for="geoip-action-count">{{ t._('module_geoip_action_count') }}</label>
        </div>
    </fieldset>
    <div class="geoip-columns">
        <div>
            <figure id="geoip-map" aria-label="{{ t._('module_geoip_map')|e }}">
                <div id="geoip-map-tip" hidden></div>
                <figcaption>
                    <div id="geoip-map-legend">
                        <span class="geoip-legend geoip-legend-blocked">{{ t._('module_geoip_blocked') }}</span>
                        <span class="geoip-legend geoip-legend-allowed">{{ t._('module_geoip_allowed') }}</span>
                        <span class="geoip-note" id="geoip-map-caption">{{ t._('module_geoip_map_caption') }}</span>
                    </div>
                    <div id="geoip-map-packets-legend" hidden>
                        {{ t._('module_geoip_activity_packets') }}: <span id="geoip-map-least"></span>
                        <span id="geoip-map-levels" aria-hidden="true"></span>
                        <span id="geoip-map-most"></span>
                    </div>
                    <div class="ui checkbox">
                        <input type="checkbox" id="geoip-map-packets">
                        <label for="geoip-map-packets">{{ t._('module_geoip_activity_colour') }}</label>
                    </div>
                </figcaption>
            </figure>
        </div>
        <div id="geoip-groups">
            <div class="geoip-pair">
                <button type="button" class="ui small basic red button" id="geoip-block-all" data-changes>
                    {{ t._('module_geoip_block_all') }}
                </button>
                <button type="button" class="ui small basic button" id="geoip-unblock-all" data-changes>
                    {{ t._('module_geoip_unblock_all') }}
                </button>
            </div>
            <fieldset id="geoip-continents" hidden>
                <legend>{{ t._('module_geoip_continents') }}</legend>
            </fieldset>
            <details id="geoip-several">
                <summary>{{ t._('module_geoip_several') }}</summary>
                <div class="ui form">
                    <div class="field">
                        <label for="geoip-several-names">{{ t._('module_geoip_several_hint') }}</label>
                        <textarea id="geoip-several-names" rows="3" data-changes></textarea>
                    </div>
                </div>
                <div class="geoip-pair">
                    <button type="button" class="ui small basic red button" id="geoip-several-block" data-changes>
                        {{ t._('module_geoip_several_block') }}
                    </button>
                    <button type="button" class="ui small basic button" id="geoip-several-allow" data-changes>
                        {{ t._('module_geoip_several_allow') }}
                    </button>
                </div>
                <p class="geoip-note" id="geoip-several-outcome" role="status"></p>
            </details>
        </div>
    </div>

    <div class="geoip-toolbar">
        <div class="ui left icon input">
            <i class="search icon" aria-hidden="true"></i>
            <input type="search" id="geoip-search" placeholder="{{ t._('module_geoip_search')|e }}"
                   aria-label="{{ t._('module_geoip_search')|e }}" autocomplete="off">
        </div>
        <div class="ui basic buttons" id="geoip-filter" role="group" aria-label="{{ t._('module_geoip_filter')|e }}">
            <button type="button" class="ui button" data-filter="all">{{ t._('module_geoip_filter_all') }}</button>
            <button type="button" class="ui button" data-filter="blocked">{{ t._('module_geoip_filter_blocked') }}</button>
            <button type="button" class="ui button" data-filter="allowed">{{ t._('module_geoip_filter_allowed') }}</button>
        </div>
    </div>
    <table class="ui very compact unstackable table" id="geoip-table" aria-labelledby="geoip-countries-title">
        <thead>
        <tr>
            <th>{{ t._('module_geoip_country') }}</th>
            <th class="collapsing">{{ t._('module_geoip_code') }}</th>
            <th class="collapsing right aligned">{{ t._('module_geoip_subnets') }}</th>
            <th class="collapsing">{{ t._('module_geoip_status') }}</th>
        </tr>
        </thead>
        <tbody></tbody>
    </table>
    <div class="ui placeholder segment" id="geoip-no-match" hidden>
        <div class="ui icon header">
            <i class="search icon" aria-hidden="true"></i>
            {{ t._('module_geoip_no_match') }}
        </div>
        <button type="button" class="ui button" id="geoip-show-all">{{ t._('module_geoip_show_all') }}</button>
    </div>
</section>
